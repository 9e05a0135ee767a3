import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkpointHash, liveResourcesOf, resourcesOf } from "../../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../../lib/checkpoint/checkpoint.ts";
import { nothingObserved, plan } from "../../../cli/rollback/plan.ts";
import type { Failure, Known, Observed, Step } from "../../../cli/rollback/plan.ts";
import { builtUpon } from "../../../lib/transactions/builtUpon.ts";
import type { Entry, Fact } from "../../../lib/transactions/entry.ts";
import { dice } from "../../dice.ts";
import type { Dice } from "../../dice.ts";

/* What is planned is tried here on a small world of workspaces, with logs that end anywhere. */

const LOGS = 10_000;
const TYPE = "pulumi-nodejs:dynamic/fabric:Workspace";

const entriesOf = (transactionId: string, facts: readonly Fact[], at = "2026-01-01"): Entry[] =>
  facts.map((fact, index) => ({ v: 1, transactionId, pid: 1, at, seq: index + 1, ...fact }));
const resource = (name: string, id: string, value: string): CheckpointResource => ({
  urn: `urn:pulumi:s::fabric::${TYPE}::${name}`,
  type: TYPE,
  custom: true,
  id,
  inputs: { displayName: name, value },
});
const checkpoint = (resources: readonly CheckpointResource[]): Checkpoint => ({
  version: 3,
  deployment: { resources },
});
const nameOf = ({ urn }: CheckpointResource) => urn.split("::").at(-1) ?? "";

/** An object of the service. */
interface Thing {
  readonly name: string;
  value: string;
  readonly by: "others" | "before" | "transaction" | "rollback";
}

/** A service, and a stack in it after a run that ended somehow. */
interface Case {
  readonly things: Map<string, Thing>;
  readonly known: Known;
  /** URNs at which the engine fails, for ever or once. */
  readonly stubborn: Map<string, number>;
}

function caseOf(random: Dice): Case {
  const things = new Map<string, Thing>([["other-1", { name: "other", value: "theirs", by: "others" }]]);
  const saved = ["a", "b", "c"].slice(0, random(4)).map((name) => resource(name, `${name}-1`, "old"));
  for (const { id = "", urn } of saved)
    things.set(id, { name: urn.split("::").at(-1) ?? "", value: "old", by: "before" });
  let state = [...saved];
  const facts: Fact[] = [{ kind: "begin", stack: "s", enableRollback: true, checkpoint: "x" }];
  const isCutOff = random(2) === 0;
  let pending = false;
  for (let index = 0; index < random(7); index++) {
    const step = String(index);
    const outcome = (["done", "refused", "effect", "none"] as const)[random(4)] ?? "done";
    const hasEffect = outcome === "done" || outcome === "effect";
    // only a run that was cut off can have done what its last checkpoint does not say
    const isSaved = !isCutOff || random(2) === 0;
    const target = state[random(Math.max(1, state.length))];
    const operation = (["create", "update", "delete"] as const)[random(3)] ?? "create";
    if (operation === "create" || !target?.id) {
      const [name, id] = [`n${index}`, `n${index}-1`];
      const compensation = { function: "deleteWorkspace", args: { displayName: name } };
      const create = { operation: "create", resourceType: "Workspace", resourceName: name, compensation } as const;
      facts.push({ kind: "intent", step, wasFree: true, ...create });
      if (hasEffect) things.set(id, { name, value: "new", by: "transaction" });
      if (outcome === "done" && isSaved) state.push(resource(name, id, "new"));
      noteOutcome(facts, step, outcome, id);
    } else {
      const { id } = target;
      const name = nameOf(target);
      const intent = { operation, resourceType: "Workspace", resourceName: name, resourceId: id, compensation: null };
      facts.push({ kind: "intent", step, ...intent });
      const thing = things.get(id);
      if (hasEffect && operation === "delete") things.delete(id);
      else if (hasEffect && thing) thing.value = "new";
      if (outcome === "done" && isSaved)
        state = state.flatMap((one) =>
          one !== target ? [one] : operation === "delete" ? [] : [resource(name, id, "new")],
        );
      noteOutcome(facts, step, outcome, id);
    }
    pending ||= outcome === "effect" || outcome === "none";
  }
  const current = checkpoint(state);
  const deployment = { ...current.deployment, ...(pending && { pending_operations: [{}] }) };
  const stubborn = new Map(
    [...state, ...saved].flatMap(({ urn }) => (random(6) === 0 ? [[urn, random(2) === 0 ? 1 : Infinity]] : [])),
  );
  const log = entriesOf("t", facts);
  return {
    things,
    known: { log, rollbackLog: [], saved: checkpoint(saved), current: { ...current, deployment }, isCutOff },
    stubborn,
  };
}

function noteOutcome(facts: Fact[], step: string, outcome: "done" | "refused" | "effect" | "none", id: string): void {
  if (outcome === "done") facts.push({ kind: "done", step, resourceId: id });
  else if (outcome === "refused") facts.push({ kind: "failed", step, reason: "no", status: 400 });
  else if (facts.length % 2 === 0) facts.push({ kind: "failed", step, reason: "lost", isOutcomeUnknown: true });
}

/** Does one step, as engine and service would. @throws AssertionError where it touches what it must not */
function does(world: Case, known: Known, observed: Observed, step: Step): { known: Known; observed: Observed } {
  const { things, stubborn } = world;
  const remove = (id: string) => {
    const by = things.get(id)?.by;
    assert.ok(by !== "others" && by !== "before", `${id} was deleted, and the transaction had not made it`);
    things.delete(id);
  };
  const isStubborn = (urn: string) => {
    const times = stubborn.get(urn) ?? 0;
    stubborn.set(urn, times - 1);
    return times > 0;
  };
  const failures: Failure[] = [];
  const removals: Fact[] = [];
  const gone = (id: string, name: string) => {
    const names = { resourceType: "Workspace", resourceName: name, resourceId: id, compensation: null };
    const at = String(known.rollbackLog.length + removals.length);
    removals.push(
      { kind: "intent", step: at, operation: "delete", ...names },
      { kind: "done", step: at, resourceId: id },
    );
  };
  const logged = (next: Checkpoint): Known => ({
    ...known,
    current: next,
    rollbackLog: [...known.rollbackLog, ...entriesOf("t.rollback", removals, "2026-01-02")],
  });
  const deleteUnlessStubborn = (one: CheckpointResource): CheckpointResource[] => {
    assert.ok(!one.protect, `${one.urn} is protected`);
    if (isStubborn(one.urn)) {
      failures.push({ urn: one.urn, isDelete: true });
      return [one];
    }
    if (things.has(one.id ?? "")) gone(one.id ?? "", nameOf(one));
    remove(one.id ?? "");
    return [];
  };
  switch (step.kind) {
    case "import":
      return { known: { ...known, current: step.checkpoint }, observed };
    case "reread": {
      const next = resourcesOf(known.current).flatMap((one) => {
        if (!step.urns.includes(one.urn)) return [one];
        const thing = things.get(one.id ?? "");
        return thing ? [{ ...one, inputs: { ...one.inputs, value: thing.value } }] : [];
      });
      const { deployment } = known.current;
      return {
        known: { ...known, current: { version: 3, deployment: { ...deployment, resources: next } } },
        observed: { ...observed, isReread: true },
      };
    }
    case "restore": {
      const saved = liveResourcesOf(known.saved ?? assert.fail());
      const next: CheckpointResource[] = [];
      const isKept = ({ id }: CheckpointResource) => saved.some((one) => one.id === id);
      for (const one of liveResourcesOf(known.current).filter(isKept))
        assert.ok(one.protect, `${one.urn} was there before, and the engine could delete it`);
      for (const before of saved) {
        const now = liveResourcesOf(known.current).find(({ urn }) => urn === before.urn);
        if (step.exclude.includes(before.urn)) next.push(...(now ? [now] : []));
        else if (now && now.inputs?.["value"] === before.inputs?.["value"]) next.push({ ...now, protect: false });
        else if (isStubborn(before.urn)) {
          failures.push({ urn: before.urn, isDelete: false });
          next.push(...(now ? [now] : []));
        } else if (now) {
          const thing = things.get(now.id ?? "") ?? assert.fail(`${now.urn} is not there to be updated`);
          thing.value = String(before.inputs?.["value"]);
          next.push({ ...before, id: now.id ?? "" });
        } else {
          const id = `${nameOf(before)}-again-${observed.restores}`;
          things.set(id, { name: nameOf(before), value: "old", by: "rollback" });
          next.push({ ...before, id });
        }
      }
      const extras = liveResourcesOf(known.current).filter(({ urn }) => !saved.some((one) => one.urn === urn));
      // the engine deletes nothing once something has failed
      next.push(...(failures.length > 0 ? extras : extras.flatMap(deleteUnlessStubborn)));
      return {
        known: logged(checkpoint(next)),
        observed: {
          ...observed,
          restores: observed.restores + 1,
          restoredFrom: checkpointHash(known.current),
          failures,
        },
      };
    }
    case "remove": {
      const next = resourcesOf(known.current).flatMap((one) =>
        step.urns.includes(one.urn) ? deleteUnlessStubborn(one) : [one],
      );
      const others = observed.failures.filter(({ urn }) => !step.urns.includes(urn));
      return {
        known: logged(checkpoint(next)),
        observed: { ...observed, removals: observed.removals + 1, failures: [...others, ...failures] },
      };
    }
    case "compensate": {
      const { resourceId, names } = step.orphan;
      const isInState = liveResourcesOf(known.current).some((one) => one.id === resourceId);
      assert.ok(!isInState, `${resourceId} is no orphan: the state has it`);
      const isRemoved = known.rollbackLog.some((entry) => entry.kind === "done" && entry.resourceId === resourceId);
      assert.ok(!isRemoved, `${resourceId} was removed by this rollback already`);
      const named = [...things].find(([, { name }]) => name === names["displayName"])?.[0];
      const id = resourceId ?? named;
      if (id !== undefined && things.has(id)) remove(id);
      const seq = known.log.length + 1;
      const [noted = assert.fail()] = entriesOf("t", [{ kind: "compensated", step: step.orphan.step }]);
      return {
        known: { ...known, log: [...known.log, { ...noted, seq }] },
        observed: { ...observed, compensated: new Set([...observed.compensated, step.orphan.step]) },
      };
    }
    case "giveBack":
      return { known, observed: { ...observed, isGivenBack: true } };
    case "refuse":
    case "report":
    case "finish":
      return { known, observed };
  }
}

/** Plans and does until nothing is left to do. */
function rolledBack(world: Case, start: Known): { known: Known; last: Step; kinds: string[] } {
  let [known, observed] = [start, nothingObserved];
  const kinds: string[] = [];
  for (let count = 0; count < 60; count++) {
    const steps = plan(known, observed);
    assert.deepEqual(plan(known, observed), steps, "the same knowledge gives the same plan");
    const [step] = steps;
    assert.ok(step, "a plan without an end");
    kinds.push(step.kind);
    if (["refuse", "report", "finish"].includes(step.kind)) return { known, last: step, kinds };
    ({ known, observed } = does(world, known, observed, step));
  }
  assert.fail(`it does not end: ${kinds.join(", ")}`);
}

describe("the plan of a rollback", () => {
  it(`The plan of a rollback takes everything back and touches nothing else, wherever the log ends (${LOGS} generated ones)`, () => {
    const random = dice(7);
    let whole = 0;
    for (let run = 0; run < LOGS; run++) {
      const world = caseOf(random);
      const { known, last } = rolledBack(world, world.known);
      const things = [...world.things.values()];
      assert.deepEqual(
        things.filter(({ by }) => by === "others"),
        [{ name: "other", value: "theirs", by: "others" }],
      );
      const isStuck = [...world.stubborn.values()].some((times) => times === Infinity);
      if (!isStuck) assert.equal(last.kind, "finish");
      if (last.kind !== "finish" || isStuck) continue;
      whole++;
      const saved = liveResourcesOf(world.known.saved ?? assert.fail()).map(nameOf);
      const ours = things.filter(({ by }) => by !== "others").map(({ name, value }) => `${name} ${value}`);
      assert.deepEqual(
        ours.sort(),
        saved.map((name) => `${name} old`),
      );
      const again = rolledBack(world, known);
      assert.equal(again.last.kind, "finish");
      assert.ok(!again.kinds.includes("compensate"), "a second rollback finds something to remove");
    }
    assert.ok(whole > LOGS / 3, `only ${whole} of the generated rollbacks could be whole`);
  });

  it("The plan of a rollback is to refuse where nothing was saved, and after commit and rollback", () => {
    const known: Known = {
      log: entriesOf("t", [{ kind: "begin", stack: "s", enableRollback: true }]),
      rollbackLog: [],
      saved: checkpoint([]),
      current: checkpoint([]),
      isCutOff: false,
    };
    const reasonOf = (more: Partial<Known>) => {
      const [step] = plan({ ...known, ...more }, nothingObserved);
      return step?.kind === "refuse" ? step.reason : step?.kind;
    };
    assert.equal(reasonOf({}), "restore");
    assert.match(reasonOf({ saved: undefined }) ?? "", /was not saved/);
    assert.match(reasonOf({ log: [] }) ?? "", /has no log/);
    for (const [kind, words] of [
      ["commit", /was committed/],
      ["rolledBack", /A rollback is not rolled back/],
    ] as const)
      assert.match(
        reasonOf({ log: entriesOf("t", [{ kind: "begin", stack: "s", enableRollback: true }, { kind }]) }) ?? "",
        words,
      );
  });

  it("The plan of a rollback leaves what failed for good as it is, restores the rest, and removes what is left over", () => {
    const [a, b, extra] = [resource("a", "a-1", "new"), resource("b", "b-1", "new"), resource("x", "x-1", "new")];
    const saved = checkpoint([resource("a", "a-1", "old"), resource("b", "b-1", "old")]);
    const known: Known = {
      log: entriesOf("t", [{ kind: "begin", stack: "s", enableRollback: true }]),
      rollbackLog: [],
      saved,
      current: checkpoint([a, b, extra]),
      isCutOff: false,
    };
    const failures = [{ urn: a.urn, isDelete: false }];
    const first = (observed: Partial<Observed>) =>
      plan(known, { ...nothingObserved, ...observed }).find(({ kind }) => kind !== "import");
    assert.deepEqual(first({ restores: 1, failures }), { kind: "restore", exclude: [] });
    assert.deepEqual(first({ restores: 2, failures }), { kind: "restore", exclude: [a.urn] });
    assert.deepEqual(first({ restores: 3, failures }), { kind: "remove", urns: [extra.urn] });
    const kindsAt = (observed: Partial<Observed>) =>
      plan(known, { ...nothingObserved, ...observed }).map(({ kind }) => kind);
    assert.ok(!kindsAt({}).includes("remove"), "nothing is removed before everything was restored");
    const last = plan(known, { ...nothingObserved, restores: 3, removals: 2, failures }).at(-1);
    assert.equal(last?.kind, "report", "what is not as it was is reported");
  });

  it("The plan of a rollback restores what has failed once more after something was restored or removed that may have held its name", () => {
    const [a, b] = [resource("a", "a-1", "new"), resource("b", "b-1", "new")];
    const current = checkpoint([a, b]);
    const log = entriesOf("t", [{ kind: "begin", stack: "s", enableRollback: true }]);
    const known: Known = { log, rollbackLog: [], saved: checkpoint([a, b]), current, isCutOff: false };
    const failures = [{ urn: a.urn, isDelete: false }];
    const restoresAt = (observed: Partial<Observed>) =>
      plan(known, { ...nothingObserved, failures, ...observed }).filter(({ kind }) => kind === "restore");
    const compensated = new Set(["of an orphan"]);
    assert.deepEqual(restoresAt({ restores: 3, restoredFrom: checkpointHash(current) }), []);
    const restored = {
      restoredFrom: checkpointHash(checkpoint([a, resource("b", "b-1", "as the transaction left it")])),
    };
    for (const removed of [{ compensated }, { removals: 1 }, restored])
      assert.deepEqual(restoresAt({ restores: 3, ...removed }), [{ kind: "restore", exclude: [] }]);
    assert.deepEqual(restoresAt({ restores: 4, compensated }), []);
    assert.deepEqual(restoresAt({ restores: 3, compensated, failures: [] }), []);
  });

  it("The plan of a rollback reads an object again whose last name is a temporary one, because its own update did not come", () => {
    const renamed = (step: string, displayName: string): Fact[] => [
      {
        kind: "intent",
        step,
        operation: "update",
        resourceType: "Workspace",
        resourceName: "a",
        resourceId: "a1b2c3d4-1",
        after: { displayName },
        compensation: null,
      },
      { kind: "done", step, resourceId: "a1b2c3d4-1" },
    ];
    const a = resource("a", "a1b2c3d4-1", "new");
    const rereadAfter = (...facts: readonly Fact[]) => {
      const log = entriesOf("t", [{ kind: "begin", stack: "s", enableRollback: true }, ...facts]);
      const known: Known = { log, rollbackLog: [], saved: checkpoint([a]), current: checkpoint([a]), isCutOff: false };
      return plan(known, nothingObserved).flatMap((step) => (step.kind === "reread" ? step.urns : []));
    };
    assert.deepEqual(rereadAfter(...renamed("1", "a_a1b2c3d4")), [a.urn]);
    assert.deepEqual(rereadAfter(...renamed("1", "a_a1b2c3d4"), ...renamed("2", "b")), []);
  });

  it("The plan of a rollback removes the orphan that was made last first, and asks for each once", () => {
    const create = (step: string): Fact[] => [
      {
        kind: "intent",
        step,
        operation: "create",
        resourceType: "Workspace",
        resourceName: step,
        wasFree: true,
        names: { displayName: step },
        compensation: { function: "deleteWorkspace", args: {} },
      },
      { kind: "done", step, resourceId: `${step}-1` },
    ];
    const known: Known = {
      log: entriesOf("t", [
        { kind: "begin", stack: "s", enableRollback: true },
        ...create("first"),
        ...create("second"),
      ]),
      rollbackLog: [],
      saved: checkpoint([]),
      current: checkpoint([]),
      isCutOff: true,
    };
    const orphansAt = (compensated: readonly string[]) =>
      plan(known, { ...nothingObserved, restores: 1, compensated: new Set(compensated) }).flatMap((step) =>
        step.kind === "compensate" ? [step.orphan.step] : [],
      );
    assert.deepEqual(orphansAt([]), ["second", "first"]);
    // its removal failed, so the log still has it
    assert.deepEqual(orphansAt(["second"]), ["first"]);
  });
});

describe("a transaction that others have built upon", () => {
  const begin = (at: string): Fact & { at: string } => ({ kind: "begin", stack: "s", enableRollback: true, at });
  const logAt = (id: string, at: string, ...facts: Fact[]): Entry[] =>
    entriesOf(id, [begin(at), ...facts]).map((entry) => ({ ...entry, at }));
  const effect: Fact[] = [
    {
      kind: "intent",
      step: "1",
      operation: "update",
      resourceType: "Workspace",
      resourceName: "a",
      compensation: null,
    },
    { kind: "done", step: "1", resourceId: "a" },
  ];
  const own = logAt("t1", "2026-01-01");
  const now = checkpoint([]);

  it("A transaction that others have built upon is told by their name; those that were taken back, came earlier or changed nothing do not count", () => {
    const reasonWith = (...others: Entry[][]) => builtUpon(own, [own, ...others], now, undefined);
    assert.match(reasonWith(logAt("t2", "2026-01-02", ...effect)) ?? "", /t2 has built upon it/);
    assert.equal(reasonWith(logAt("t2", "2026-01-02", ...effect, { kind: "rolledBack" })), undefined);
    assert.equal(reasonWith(logAt("t0", "2025-12-31", ...effect)), undefined);
    assert.equal(reasonWith(logAt("t2", "2026-01-02")), undefined);
    assert.equal(reasonWith(logAt("t1.rollback", "2026-01-02", ...effect)), undefined);
  });

  it("A transaction that others have built upon is told where the stack is not as its last run left it", () => {
    assert.match(builtUpon(own, [own], now, "another hash") ?? "", /changed outside of it/);
  });
});
