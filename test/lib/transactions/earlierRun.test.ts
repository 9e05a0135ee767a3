import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { earlierRunOf } from "../../../lib/transactions/earlierRun.ts";
import type { Entry, Fact } from "../../../lib/transactions/entry.ts";

const log = (...facts: Fact[]): Entry[] =>
  facts.map((fact, index) => ({ v: 1, transactionId: "t", pid: 1, at: "", seq: index + 1, ...fact }));
const begin: Fact = { kind: "begin", stack: "s", enableRollback: true };
const intent: Fact = {
  kind: "intent",
  step: "1",
  operation: "update",
  resourceType: "Workspace",
  resourceName: "a",
  compensation: null,
};
const rollback: Fact = { kind: "rollback", reason: "asked for" };
const left: Fact = { kind: "compensationFailed", step: "1", reason: "no" };

describe("the last run of a transaction that has not ended", () => {
  it("The last run of a transaction that has not ended has failed where it said so, and was cut off where it did not", () => {
    assert.equal(earlierRunOf(log(begin, intent), true), "failed");
    assert.equal(earlierRunOf(log(begin, intent), false), "cut off");
    const done: Fact = { kind: "done", step: "1", resourceId: "a" };
    assert.equal(earlierRunOf(log(begin, intent, done), false), "cut off");
  });

  it("The last run of a transaction that has not ended was a rollback that is incomplete, until another run has gone on", () => {
    assert.equal(earlierRunOf(log(begin, intent, rollback), false), "rollback incomplete");
    assert.equal(earlierRunOf(log(begin, intent, rollback, left), true), "rollback incomplete");
    assert.equal(earlierRunOf(log(begin, intent, rollback, left, intent), true), "failed");
    assert.equal(earlierRunOf(log(begin, intent, rollback, left, intent), false), "cut off");
    assert.equal(earlierRunOf(log(begin, intent, rollback, left, intent, rollback), false), "rollback incomplete");
  });
});
