import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { remadeBy } from "../../../cli/rollback/remade.ts";
import type { Checkpoint } from "../../../lib/checkpoint/checkpoint.ts";
import type { Entry, Fact } from "../../../lib/transactions/entry.ts";

const entriesOf = (facts: readonly Fact[]): Entry[] =>
  facts.map((fact, index) => ({ v: 2, transactionId: "t", pid: 1, at: "2026-01-01", seq: index + 1, ...fact }));
const TYPE = "pulumi-nodejs:dynamic/fabric:GitConnection";
const urn = `urn:pulumi:s::fabric::${TYPE}::sales`;
const state: Checkpoint = {
  version: 3,
  deployment: { resources: [{ urn, type: TYPE, custom: true, id: "workspace-1", inputs: {} }] },
};
const named = { resourceType: "GitConnection", resourceName: "sales", resourceId: "workspace-1" } as const;
const connected: Fact[] = [
  {
    kind: "intent",
    step: "2",
    operation: "create",
    ...named,
    names: { workspaceId: "workspace-1" },
    compensation: null,
  },
  { kind: "done", step: "2", resourceId: "workspace-1" },
];
const left: Fact = { kind: "intent", step: "1", operation: "update", ...named, compensation: null };
const remade = (facts: readonly Fact[]) => remadeBy(entriesOf(facts), [], { saved: state, current: state });

describe("what a transaction made, and both states have", () => {
  it("What a transaction made, and both states have, was not there before if nothing of the transaction took it away", () => {
    assert.deepEqual(remade(connected), [urn]);
  });

  it("What a transaction made, and both states have, was there before if an update of the transaction took it away first", () => {
    assert.deepEqual(remade([left, { kind: "done", step: "1", resourceId: "workspace-1" }, ...connected]), []);
    // its answer did not come
    assert.deepEqual(remade([left, ...connected]), []);
  });

  it("What a transaction made, and both states have, was not there before if the service refused the update that was to take it away", () => {
    const refused: Fact = {
      kind: "failed",
      step: "1",
      reason: "not connected",
      status: 400,
      errorCode: "X",
      requestId: "r",
    };
    assert.deepEqual(remade([left, refused, ...connected]), [urn]);
  });

  it("What a transaction made, and both states have, was not there before if the transaction wrote to it only afterwards", () => {
    assert.deepEqual(remade([...connected, { ...left, step: "3" }]), [urn]);
  });
});
