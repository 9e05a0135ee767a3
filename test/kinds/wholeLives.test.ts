import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { remove } from "../../emulator/core/collection.ts";
import { connections } from "../../emulator/families/connections.ts";
import { items } from "../../emulator/families/items.ts";
import { workspaces } from "../../emulator/families/workspaces.ts";
import { FaultyBench, isTried, outcomes } from "./faultyCalls.ts";
import { conditionOf, inputsOf } from "./providerBench.ts";
import type { Properties } from "./providerBench.ts";
import { checked, holders, subjects } from "./subjects.ts";
import type { Subject } from "./subjects.ts";
import { anonymous, canAdopt, deploy, isInLog, isRead, addTheirs, told } from "./subjectsAtWork.ts";

/*
 * What an object of every kind goes through without a fault, and what a read or a delete does in spite of one. Which kinds there
 * are, and what can be changed about them, follows from what the kinds declare.
 */

const isWhole = process.env["FABRIC_SWEEP"] === "all";
const theirs = { stack: "theirs" };
const confirmed = { FABRIC_CONFIRM_GONE: "true" };

/** What is at the service after inputs were deployed to an emulator of their own. */
async function worldWith(subject: Subject, inputs: Properties): Promise<unknown> {
  await using at = await FaultyBench.start();
  await at.calm(subject, (process) => process.create(checked(subject.kind, inputs)));
  return anonymous(conditionOf(at.bench));
}

/** Somebody removes the object, behind the stack's back. */
const removeBehind = (at: FaultyBench, subject: Subject, { id, olds }: { id: string; olds: Properties }) =>
  at.calm(subject, (process) => process.delete(id, olds), {}, theirs);

for (const [index, subject] of subjects.entries()) {
  const { kind, changes } = subject;
  const inputs = checked(kind, subject.inputs);
  const read = (at: FaultyBench, { id, olds }: { id: string; olds: Properties }, env: NodeJS.ProcessEnv = {}) =>
    at.calm(subject, (process) => process.read(id, olds), env);

  describe(`a ${kind.name}`, { concurrency: 6 }, () => {
    it(`A ${kind.name} is made by one write, is read as it was made, and no write follows from an update with nothing to change`, async () => {
      await using at = await FaultyBench.start();
      let own = { id: "", olds: {} as Properties };
      const creation = await at.callsOf(async () => (own = await deploy(at, subject)));
      assert.equal(creation.filter((call) => !isRead(call)).length, 1, creation.join("\n"));
      const { id, props } = await read(at, own);
      assert.deepEqual([id, props], [own.id, own.olds]);
      const update = await at.callsOf(() => at.calm(subject, (process) => process.update(own.id, own.olds, inputs)));
      assert.deepEqual(
        update.filter((call) => !isRead(call)),
        [],
      );
    });

    for (const [what, change] of Object.entries(changes)) {
      const changed = checked(kind, change);
      it(`A ${kind.name} is after an update to ${what} as if it had been made so`, async () => {
        await using at = await FaultyBench.start();
        const own = await deploy(at, subject);
        const { outs } = await at.calm(subject, (process) => process.update(own.id, own.olds, changed));
        assert.deepEqual(inputsOf(kind, outs as Properties), changed);
        assert.deepEqual(anonymous(conditionOf(at.bench)), await worldWith(subject, change));
        const after = await read(at, { id: own.id, olds: outs as Properties });
        // while the transaction is open, what a read does not show is in doubt
        const shown = { ...inputsOf(kind, after.props as Properties), ...pick(changed, subject.hidden) };
        assert.deepEqual(shown, changed);
      });

      it(`A ${kind.name} that somebody has given ${what} shows it on a refresh, and an update corrects it`, async () => {
        await using at = await FaultyBench.start();
        const own = await deploy(at, subject);
        const before = conditionOf(at.bench);
        await at.calm(subject, (process) => process.update(own.id, own.olds, changed), {}, theirs);
        assert.notDeepEqual(conditionOf(at.bench), before);
        const { props } = await read(at, own);
        const shown = props as Properties;
        assert.deepEqual(told(subject, inputs, shown), told(subject, inputs, changed));
        for (const field of told(subject, inputs, changed)) assert.deepEqual(shown[field], changed[field]);
        await at.calm(subject, (process) => process.update(own.id, shown, inputs));
        if (subject.hidden.some((field) => inputs[field] !== changed[field])) return;
        assert.deepEqual(conditionOf(at.bench), before);
      });
    }

    it(`A ${kind.name} that somebody has removed is gone on a refresh, its delete is a success, and the next create makes it anew`, async () => {
      await using at = await FaultyBench.start();
      const before = conditionOf(at.bench);
      const own = await deploy(at, subject);
      const whole = anonymous(conditionOf(at.bench));
      await removeBehind(at, subject, own);
      assert.deepEqual(conditionOf(at.bench), before);
      // the last of its kind in a tenant looks like another tenant
      const { place } = kind;
      const hasOthers = "in" in place && ["workspaces", "connections"].includes(place.collection);
      const isLast = "in" in place && place.in === "tenant" && !hasOthers;
      if (isLast) await assert.rejects(read(at, own), /FABRIC_CONFIRM_GONE/);
      assert.equal((await read(at, own, isLast ? confirmed : {})).id, "");
      await at.calm(subject, (process) => process.delete(own.id, own.olds));
      assert.deepEqual(conditionOf(at.bench), before);
      await at.calm(subject, (process) => process.create(inputs));
      assert.deepEqual(anonymous(conditionOf(at.bench)), whole);
    });

    for (const [what, collection, id] of [
      ["item", items, holders.itemId],
      ["workspace", workspaces, holders.workspaceId],
      ["connection", connections, holders.connectionId],
    ] as const) {
      if (!(`${what}Id` in kind.fields)) continue;
      it(`A ${kind.name} whose ${what} somebody has removed is gone with it, and its delete and its undo are successes`, async () => {
        await using at = await FaultyBench.start();
        const own = await deploy(at, subject);
        remove(at.bench.emulator.service, collection, id);
        const before = conditionOf(at.bench);
        assert.equal((await read(at, own)).id, "");
        await at.undoByTheLog();
        await at.calm(subject, (process) => process.delete(own.id, own.olds));
        assert.deepEqual(conditionOf(at.bench), before);
      });
    }

    it(`A ${kind.name} is not taken for gone because of answers that prove nothing, by a refresh, a delete or an undo`, async () => {
      for (const isTheirs of canAdopt(kind) ? [false, true] : [false]) {
        await using at = await FaultyBench.start();
        if (isTheirs) await addTheirs(at, subject);
        const own = await deploy(at, subject, isTheirs);
        const refusal = { errorCode: "EntityNotFound", times: "forever" } as const;
        const route = `/${own.id.split("/").at(-1) ?? ""}`;
        for (const status of [404, 403]) {
          at.bench.emulator.faults([{ ...refusal, status }]);
          await assert.rejects(read(at, own), /EntityNotFound/, `every call: ${status}`);
          at.bench.emulator.faults([{ ...refusal, status, route }]);
          const answer = await read(at, own).catch(() => undefined);
          assert.notEqual(answer?.id, "", `its own paths: ${status}`);
        }
        // of an adopted object without values there is nothing to be given back
        if (isTheirs && !isInLog(kind)) continue;
        await assert.rejects(at.calm(subject, (process) => process.delete(own.id, own.olds)));
        await assert.rejects(at.undoByTheLog());
      }
    });

    it(`A ${kind.name} that exists already is adopted and given back as it was, or refused and left as it is`, async () => {
      await using at = await FaultyBench.start();
      await addTheirs(at, subject);
      const before = conditionOf(at.bench);
      const create = (adopt: boolean) =>
        at.calm(subject, (process) =>
          process.create(checked(kind, { ...inputs, ...("adopt" in kind.fields && { adopt }) })),
        );
      if (!canAdopt(kind) || "adopt" in kind.fields) {
        await assert.rejects(create(false));
        assert.deepEqual(conditionOf(at.bench), before);
      }
      if (!canAdopt(kind)) return;
      const { id, outs } = await create(true);
      await at.calm(subject, (process) => process.delete(id, outs as Properties));
      assert.deepEqual(withoutContent(subject, conditionOf(at.bench)), withoutContent(subject, before));
    });

    it(`A ${kind.name} is read as it is or not at all, whatever becomes of one of the calls, and nothing is written`, async () => {
      await using at = await FaultyBench.start();
      const own = await deploy(at, subject);
      const before = conditionOf(at.bench);
      const calls = await at.callsOf(() => read(at, own));
      for (const outcome of Object.values(outcomes)) {
        for (let nth = 1; nth <= calls.length; nth++) {
          const ended = await at.faulty(subject, { nth, outcome }, (process) => process.read(own.id, own.olds));
          if (ended.result) assert.deepEqual([ended.result.id, ended.result.props], [own.id, own.olds]);
        }
      }
      assert.deepEqual(conditionOf(at.bench), before);
    });

    for (const [column, [how, outcome]] of Object.entries(outcomes).entries()) {
      if (!isWhole && !isTried(outcome, index + column)) continue;
      it(`A ${kind.name} is removed by the next delete, whichever call of the first ${how}`, async () => {
        let calls = 1;
        for (let nth = 1; nth <= calls; nth++) {
          await using at = await FaultyBench.start();
          const before = conditionOf(at.bench);
          const own = await deploy(at, subject);
          const first = at.bench.emulator.requests().length;
          const ended = await at.faulty(subject, { nth, outcome }, (process) => process.delete(own.id, own.olds));
          calls = Math.max(calls, Math.min(at.bench.emulator.requests().length - first, isWhole ? 30 : 3));
          if (ended.error || outcome.isKilled) {
            const { id, props } = await read(at, own, confirmed);
            if (id !== "") await at.calm(subject, (process) => process.delete(own.id, props as Properties));
          }
          assert.deepEqual(conditionOf(at.bench), before, `call ${nth}: ${ended.error?.message ?? "no error"}`);
        }
      });
    }
  });
}

const pick = (from: Properties, names: readonly string[]) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

/** A definition is given back by a rollback, and by nothing else. */
const withoutContent = ({ hidden }: Subject, world: unknown): unknown =>
  hidden.length === 0 ? world : JSON.parse(JSON.stringify(world).replace(/\\"payload\\":\\"\w+=*\\"/g, ""));
