import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { unsettledCreates } from "../../lib/transactions/unsettled.ts";
import { diff } from "../../providers/engine/resourceKind.ts";
import { giveBackOf } from "../../providers/engine/undo.ts";
import { FaultyBench, isTried, outcomes, rollback } from "./faultyCalls.ts";
import type { Ended } from "./faultyCalls.ts";
import { conditionOf, inputsOf } from "./providerBench.ts";
import type { Properties } from "./providerBench.ts";
import { checked, subjects } from "./subjects.ts";
import type { Subject } from "./subjects.ts";
import { anonymous, canAdopt, deploy, isRead, addTheirs } from "./subjectsAtWork.ts";

/*
 * Every operation of every kind, each call of which ends in every way that a call can end: nothing is made twice, what is half
 * done is known to the state or the log, and the next run ends it or takes it back. All of it follows from what the kinds
 * declare. Each failure is followed by one of the possible ends, by all of them with FABRIC_SWEEP=all
 * (`npm run test:crash`).
 */

const isWhole = process.env["FABRIC_SWEEP"] === "all";

type Change = Ended<{ id: string; outs?: Properties }>;

/** An operation on an object, and how it may be ended if it fails. */
interface Operation {
  /** What is there before; the state of the object if the stack has it. */
  before(at: FaultyBench): Promise<{ id: string; olds: Properties } | undefined>;
  /** Whether the log can take it back. */
  readonly isCreate: boolean;
  readonly inputs: Properties;
}

function operationsOf(subject: Subject): Readonly<Record<string, Operation>> {
  const { kind, changes } = subject;
  const make = { before: () => Promise.resolve(undefined), isCreate: true };
  const creation = { ...make, inputs: checked(kind, subject.inputs) };
  const adoption = canAdopt(kind) && {
    isCreate: true,
    before: async (at: FaultyBench) => void (await addTheirs(at, subject)),
    inputs: checked(kind, { ...subject.inputs, ...("adopt" in kind.fields && { adopt: true }) }),
  };
  const updates = Object.entries(changes).map(([what, change]) => [
    `an update to ${what}`,
    {
      isCreate: false,
      before: async (at: FaultyBench) => deploy(at, subject),
      inputs: checked(kind, change),
    },
  ]);
  return {
    "its create": creation,
    ...(adoption && { "its adoption": adoption }),
    ...(Object.fromEntries(updates) as Record<string, Operation>),
  };
}

const carryOut = (inputs: Properties, own: { id: string; olds: Properties } | undefined) =>
  own
    ? async (process: Parameters<Parameters<FaultyBench["calm"]>[1]>[0]) => ({
        id: own.id,
        ...((await process.update(own.id, own.olds, inputs)) as { outs?: Properties }),
      })
    : async (process: Parameters<Parameters<FaultyBench["calm"]>[1]>[0]) =>
        (await process.create(inputs)) as { id: string; outs?: Properties };

/** What the service and the state are like after an operation without a fault, and how many calls that takes. */
async function withoutFault(subject: Subject, operation: Operation) {
  await using at = await FaultyBench.start();
  const own = await operation.before(at);
  const inputs = operation.inputs;
  let outs: Properties | undefined;
  const calls = await at.callsOf(() =>
    at.calm(subject, async (process) => ({ outs } = await carryOut(inputs, own)(process))),
  );
  return { world: anonymous(conditionOf(at.bench)), outs: anonymous(withoutOrigin(outs)), calls };
}

const withoutOrigin = ({ origin: _origin, __provider: _provider, ...rest }: Properties = {}) => rest;

/** How a failed operation is ended. */
const endsOf = ({ isCreate }: Operation) =>
  isCreate
    ? (["next up", "undo by the log", "refresh and next up", "removal from the state"] as const)
    : (["next up", "rollback", "refresh and next up"] as const);

for (const [index, subject] of subjects.entries()) {
  const { kind, changes } = subject;
  const updates = Object.keys(changes).length;
  describe(`a ${kind.name}`, { concurrency: 6 }, () => {
    for (const [row, [what, operation]] of Object.entries(operationsOf(subject)).entries()) {
      for (const [column, [how, outcome]] of Object.entries(outcomes).entries()) {
        // each outcome is tried with one of the updates
        const cell = index + row + column;
        if (!isWhole && (operation.isCreate ? !isTried(outcome, cell) : cell % updates > 0)) continue;
        it(`A ${kind.name} is whole or as before, whichever call of ${what} ${how}`, async () => {
          const right = await rightOf(subject, what, operation);
          const ends = endsOf(operation);
          for (let nth = 1; nth <= right.calls.length; nth++) {
            if (!isWhole && isRead(right.calls[nth - 1] ?? "") && (row + column + nth) % 4 > 0) continue;
            const first = (row + column + nth) % ends.length;
            for (const end of isWhole ? ends : ends.slice(first, first + 1)) {
              await using at = await FaultyBench.start();
              const own = await operation.before(at);
              const before = conditionOf(at.bench);
              const inputs = operation.inputs;
              const settings = { nth, outcome, useRollback: end !== "next up" };
              const change = await at.faulty(subject, settings, carryOut(inputs, own));
              const where = `call ${nth} (${right.calls[nth - 1] ?? ""}), then ${end}: ${change.error?.message ?? "no error"}`;
              if (!change.error && !outcome.isKilled) {
                assert.deepEqual(anonymous(conditionOf(at.bench)), right.world, where);
                assert.deepEqual(anonymous(withoutOrigin(change.result?.outs)), right.outs, where);
                continue;
              }
              const known = outcome.isKilled ? { isPastItsEnd: false } : change;
              if (!outcome.isKilled) await isKnown(at, subject, { before, change, own, where });
              await finish(at, subject, { end, own, inputs, change: known, where, before, right });
            }
          }
        });
      }
    }
  });
}

const rights = new Map<string, ReturnType<typeof withoutFault>>();
function rightOf(subject: Subject, what: string, operation: Operation): ReturnType<typeof withoutFault> {
  const key = `${subject.kind.name}: ${what}`;
  const right = rights.get(key) ?? withoutFault(subject, operation);
  rights.set(key, right);
  return right;
}

interface Failed {
  readonly change: Change;
  readonly own: { id: string; olds: Properties } | undefined;
  readonly before: unknown;
  readonly where: string;
}

/** What a failure has done is known to the state, or to the log. */
async function isKnown(at: FaultyBench, { kind }: Subject, { before, change, own, where }: Failed): Promise<void> {
  const isTouched = !isDeepStrictEqual(conditionOf(at.bench), before);
  const { error } = change;
  if (own) {
    if (isTouched) assert.equal(error?.id, own.id, `${where}: the state does not know that something was done`);
    return;
  }
  if (error?.id !== undefined)
    for (const [name, value] of Object.entries(inputsOf(kind, error.properties ?? {})))
      assert.notEqual(value, undefined, `${where}: ${name}`);
  if (!isTouched || error?.id !== undefined) return;
  const unsettled = unsettledCreates(await at.bench.logs().logs());
  assert.ok(unsettled.length > 0, `${where}: neither state nor log knows what was made`);
  // an adopted object is given back at once, but for content of which nobody knows whether it was sent: the log gives that back
  const made = unsettled.filter((one) => one.resourceId !== undefined && one.compensation !== giveBackOf(kind.name));
  assert.deepEqual(made, [], `${where}: the log knows the id of what was made, and the state does not`);
}

interface Finish extends Failed {
  readonly end: ReturnType<typeof endsOf>[number];
  readonly inputs: Properties;
  readonly right: Awaited<ReturnType<typeof withoutFault>>;
}

/** Ends a failed operation, and looks whether that is what it should be. */
async function finish(at: FaultyBench, subject: Subject, how: Finish): Promise<void> {
  const { end, own, inputs, change, where, before, right } = how;
  const { kind } = subject;
  const half = change.error?.id === undefined ? own : { id: change.error.id, olds: change.error.properties ?? {} };
  if (end === "undo by the log" || (end === "removal from the state" && !half)) await at.undoByTheLog();
  else if (end === "removal from the state" && half)
    await at.calm(subject, (process) => process.delete(half.id, half.olds), rollback);
  else {
    const isRollback = end === "rollback";
    const env = isRollback ? rollback : {};
    const wanted = isRollback ? inputsOf(kind, own?.olds ?? {}) : inputs;
    let olds = half?.olds ?? {};
    const isRefreshed = half && (isRollback || end.startsWith("refresh"));
    if (isRefreshed) {
      const read = await at.calm(subject, (process) => process.read(half.id, olds), env);
      assert.equal(read.id, half.id, `${where}: a refresh lost it`);
      olds = read.props as Properties;
    }
    assert.deepEqual(diff(kind, half ? olds : wanted, wanted).replaces, [], where);
    const isMarked = change.error?.id !== undefined && !isRefreshed;
    // an engine that was told nothing compares what it has with what is declared
    const isDifferent = !isDeepStrictEqual(inputsOf(kind, olds), wanted);
    if (!half || isMarked || isDifferent) {
      const { outs } = await at.calm(subject, carryOut(wanted, half && { id: half.id, olds }), env);
      if (!isRollback) assert.deepEqual(anonymous(withoutOrigin(outs)), right.outs, where);
    }
    assert.deepEqual(
      isRollback ? conditionOf(at.bench) : anonymous(conditionOf(at.bench)),
      isRollback ? before : right.world,
      where,
    );
    return;
  }
  assert.deepEqual(conditionOf(at.bench), before, where);
}
