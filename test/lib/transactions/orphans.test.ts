import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Checkpoint } from "../../../lib/checkpoint/checkpoint.ts";
import type { Entry, Fact, Intent } from "../../../lib/transactions/entry.ts";
import { objectKey } from "../../../lib/transactions/entry.ts";
import { mayBeDeleted } from "../../../lib/transactions/madeBy.ts";
import { leftByEarlierRuns, orphansOf } from "../../../lib/transactions/orphans.ts";

const entry = (fact: Fact, seq: number): Entry => ({
  ...{ v: 2, transactionId: "dev-1", seq, pid: 1, at: new Date(seq).toISOString() },
  ...fact,
});

/** The intent and the outcome of a create. */
function create(step: string, name: string, id: string | undefined): readonly Fact[] {
  const intent: Intent = {
    ...{ operation: "create", resourceType: "Workspace", resourceName: name, wasFree: true },
    ...{ names: { displayName: name }, compensation: { function: "deleteWorkspace", args: { displayName: name } } },
  };
  return [
    { kind: "intent", step, ...intent },
    ...(id === undefined ? [] : [{ kind: "done", step, resourceId: id } as const]),
  ];
}

const logOf = (...facts: readonly Fact[]): Entry[] =>
  [{ kind: "begin", stack: "dev", enableRollback: true } as const, ...facts].map(entry);

/** A state with workspaces of these ids. */
const stateOf = (...ids: readonly string[]): Checkpoint => ({
  version: 3,
  deployment: {
    resources: ids.map((id) => ({
      ...{ urn: `urn:${id}`, custom: true, id, type: "pulumi-nodejs:dynamic/fabric:Workspace" },
    })),
  },
});
const namesOf = (orphans: readonly { readonly resourceName: string }[]) => orphans.map((one) => one.resourceName);

describe("the orphans of a log", () => {
  it("The orphans of a log are what it made, or may have made, and the state does not hold in whatever letters", () => {
    const log = logOf(...create("a", "kept", "AA"), ...create("b", "lost", "bb"), ...create("c", "perhaps", undefined));
    assert.deepEqual(namesOf(orphansOf([log], stateOf("aa"))), ["lost", "perhaps"]);
  });
});

describe("an object that a log has deleted", () => {
  const key = objectKey("Workspace", "AA");
  const remove = (step: string, ...ended: readonly Fact[]): readonly Fact[] => [
    {
      kind: "intent",
      step,
      operation: "delete",
      resourceType: "Workspace",
      resourceName: "a",
      resourceId: "aa",
      compensation: null,
    },
    ...ended,
  ];

  it("An object that a log has deleted, or may have, is away until it is made again with its id, and a refused delete takes nothing away", () => {
    assert.equal(mayBeDeleted(logOf(...remove("d")), key), true);
    assert.equal(mayBeDeleted(logOf(...remove("d", { kind: "done", step: "d", resourceId: "aa" })), key), true);
    assert.equal(mayBeDeleted(logOf(...remove("d", { kind: "failed", step: "d", reason: "no" })), key), false);
    assert.equal(mayBeDeleted(logOf(...remove("d"), ...create("c", "a", "aa")), key), false);
    assert.equal(mayBeDeleted(logOf(...remove("d"), ...create("c", "a", undefined)), key), true);
    assert.equal(mayBeDeleted(logOf(...create("c", "a", "aa"), ...remove("d")), key), true);
    assert.equal(mayBeDeleted(logOf(...remove("d")), objectKey("Workspace", "bb")), false);
  });
});

describe("what earlier runs of a transaction left", () => {
  it("What earlier runs of a transaction left is what neither the state before this run nor this run itself holds", () => {
    const earlier = [...create("a", "in the state", "aa"), ...create("b", "taken", "bb"), ...create("c", "left", "cc")];
    const now = [...create("d", "taken", "BB"), ...create("e", "new", "ee")];
    const log = logOf(...earlier, ...now);
    const written = log.slice(-now.length);
    assert.deepEqual(namesOf(leftByEarlierRuns(log, stateOf("aa"), written)), ["left"]);
    assert.deepEqual(leftByEarlierRuns(log, stateOf("aa", "cc"), written), []);
  });

  it("What earlier runs of a transaction left is not what somebody has deleted and this run has made again, nor what was in it", () => {
    const item = (step: string, workspaceId: string, id: string): readonly Fact[] => [
      {
        ...{ kind: "intent", step, operation: "create", resourceType: "Item", resourceName: "x", wasFree: true },
        ...{ names: { workspaceId, type: "Notebook", displayName: step === "b" ? "x" : "y" }, compensation: null },
      },
      { kind: "done", step, resourceId: id },
    ];
    const earlier = [...create("a", "sales", "aa"), ...item("b", "aa", "1")];
    const now = [...create("c", "sales", "cc"), ...item("d", "cc", "2")];
    const log = logOf(...earlier, ...now);
    assert.deepEqual(leftByEarlierRuns(log, stateOf(), log.slice(-now.length)), []);
  });

  it("What earlier runs of a transaction left may have the id of another kind's object, as a Git connection has its workspace's", () => {
    const git: readonly Fact[] = [
      {
        ...{ kind: "intent", step: "g", operation: "create", resourceType: "GitConnection", resourceName: "git" },
        ...{ names: { workspaceId: "aa" }, compensation: null },
      },
      { kind: "done", step: "g", resourceId: "aa" },
    ];
    const log = logOf(...git, ...create("a", "sales", "aa"));
    assert.deepEqual(namesOf(leftByEarlierRuns(log, stateOf(), log.slice(-2))), ["git"]);
  });

  it("What earlier runs of a transaction left holds an adoption that this run has not come to, although its names tell no more than the workspace", () => {
    const adopt = (step: string, id: string): readonly Fact[] => [
      {
        ...{ kind: "intent", step, operation: "create", resourceType: "Item", resourceName: id },
        ...{ names: { workspaceId: "aa" }, compensation: { function: "giveBackItem", args: { workspaceId: "aa" } } },
      },
      { kind: "done", step, resourceId: `aa/${id}` },
    ];
    const log = logOf(...adopt("a", "one"), ...adopt("b", "two"), ...adopt("c", "two"));
    assert.deepEqual(namesOf(leftByEarlierRuns(log, stateOf("aa"), log.slice(-2))), ["one"]);
  });

  it("What earlier runs of a transaction left holds a create of unknown outcome, until this run has made or found its object", () => {
    const log = logOf(...create("a", "sales", undefined), ...create("b", "sales", "bb"));
    assert.deepEqual(leftByEarlierRuns(log, stateOf(), log.slice(-2)), []);
    assert.deepEqual(namesOf(leftByEarlierRuns(log.slice(0, 2), stateOf(), [])), ["sales"]);
  });

  it("What earlier runs of a transaction left is not what this run has begun, and is not hidden by it", () => {
    const log = logOf(...create("a", "sales", undefined), ...create("b", "hr", undefined));
    assert.deepEqual(namesOf(leftByEarlierRuns(log, stateOf(), log.slice(-1))), ["sales"]);
  });
});
