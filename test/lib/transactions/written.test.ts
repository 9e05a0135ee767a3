import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Entry } from "../../../lib/transactions/entry.ts";
import { mayHaveWritten, valuesToGiveBack, writtenBy } from "../../../lib/transactions/written.ts";

const base = { v: 2, transactionId: "t", at: "2026-01-01T00:00:00Z" } as const;
const intent = (step: string, more: object) =>
  ({ ...base, seq: 1, kind: "intent", step, resourceName: "x", compensation: null, ...more }) as unknown as Entry;
const done = (step: string, resourceId: string) =>
  ({ ...base, seq: 2, kind: "done", step, resourceId }) as unknown as Entry;
const refused = (step: string) =>
  ({ ...base, seq: 2, kind: "failed", step, reason: "no", isOutcomeUnknown: false }) as unknown as Entry;

describe("what a transaction may have written", () => {
  it("A transaction may have written to what it updated or deleted, to what it made, and to what it may have made of its names", () => {
    const update = intent("1", { operation: "update", resourceType: "Folder", resourceId: "W/F" });
    const create = intent("2", { operation: "create", resourceType: "Item", names: { workspaceId: "w" } });
    assert.equal(mayHaveWritten([update], "Folder", "w/f"), true);
    assert.equal(mayHaveWritten([create, done("2", "i")], "Item", "W/I"), true);
    // killed before the answer came
    const role = intent("3", {
      operation: "create",
      resourceType: "WorkspaceUser",
      names: { workspaceId: "w", principalId: "p" },
    });
    assert.equal(mayHaveWritten([role], "WorkspaceUser", "W/P"), true);
  });

  it("A transaction has not written to other objects, to other kinds of the same id, or where it was refused", () => {
    const update = intent("1", { operation: "update", resourceType: "Workspace", resourceId: "w" });
    const create = intent("2", { operation: "create", resourceType: "Item", names: { workspaceId: "w" } });
    assert.equal(mayHaveWritten([update], "Workspace", "other"), false);
    assert.equal(mayHaveWritten([update], "GitConnection", "w"), false);
    assert.equal(mayHaveWritten([update, refused("1")], "Workspace", "w"), false);
    assert.equal(mayHaveWritten([create, done("2", "i")], "Item", "w/other"), false);
    // whatever it has made has a new id
    assert.equal(mayHaveWritten([create], "Item", "w/other"), false);
  });
});

describe("what there was before a transaction", () => {
  it("What there was before a transaction is what the first of its writes found", () => {
    const update = (step: string, before: object, after: object) =>
      intent(step, { operation: "update", resourceType: "Item", resourceId: "w/i", before, after });
    const log = [update("1", { a: "first", b: "b" }, { a: "x" }), update("2", { a: "x", b: "b" }, { a: "y" })];
    assert.deepEqual(
      writtenBy(log).map(({ before, after }) => ({ before, after })),
      [{ before: { a: "first", b: "b" }, after: { a: ["x", "y"] } }],
    );
  });

  it("What there was before a transaction is also what somebody set between two of its writes, but not what the service made of its own", () => {
    const update = (step: string, before: object, after: object) =>
      intent(step, { operation: "update", resourceType: "Item", resourceId: "w/i", before, after });
    const log = [
      update("1", { a: "first", b: "first", c: "first" }, { a: "ours", b: "Ours", c: "ours" }),
      update("2", { a: "theirs", b: "ours ", c: "first" }, { a: "ours again", b: "Ours" }),
    ];
    assert.deepEqual(
      writtenBy(log).map(({ before, after }) => ({ before, after })),
      [
        {
          before: { a: "theirs", b: "first", c: "first" },
          after: { a: ["ours again"], b: ["Ours", "Ours"], c: ["ours"] },
        },
      ],
    );
  });
});

describe("a temporary name", () => {
  it("A temporary name that a killed rollback has left is not what somebody set between two writes", () => {
    const update = (step: string, had: string, name: string) => {
      const [before, after] = [{ displayName: had }, { displayName: name }];
      return intent(step, { operation: "update", resourceType: "Item", resourceId: "w/1234abcd-5", before, after });
    };
    const log = [update("1", "one", "two"), update("2", "two_1234abcd", "two")];
    assert.deepEqual(
      writtenBy(log).map(({ before, after }) => ({ before, after })),
      [{ before: { displayName: "one" }, after: { displayName: ["two", "two"] } }],
    );
  });
});

describe("the values that a rollback gives back", () => {
  it("The values that a rollback gives back are those from before, but for what somebody else has changed since", () => {
    const written = { before: { a: "was", b: "was", c: null }, after: { a: ["ours"], b: ["ours"], c: ["ours"] } };
    assert.deepEqual(valuesToGiveBack({ a: "ours", b: "theirs", c: "ours" }, written), {
      values: { a: "was", b: "theirs", c: undefined },
      kept: ["b"],
    });
  });

  it("The values that a rollback gives back take what the engine has restored for ours", () => {
    const written = { before: { a: "in the portal" }, after: { a: ["ours"] } };
    assert.deepEqual(valuesToGiveBack({ a: "declared" }, written, { a: "declared" }), {
      values: { a: "in the portal" },
      kept: [],
    });
  });
});
