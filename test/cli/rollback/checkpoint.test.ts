import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { differencesAfterRollback } from "../../../cli/rollback/differences.ts";
import { lostData } from "../../../cli/rollback/lostData.ts";
import { prepareForRollback } from "../../../cli/rollback/preparedCheckpoint.ts";
import { foreignChanges, resourcesOf, withoutPendingOperations } from "../../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../../lib/checkpoint/checkpoint.ts";

const resource = (name: string, more: Partial<CheckpointResource> = {}): CheckpointResource => ({
  urn: `urn:pulumi:s::fabric::t:${name}::${name}`,
  type: "pulumi-nodejs:dynamic/fabric:Item",
  custom: true,
  id: `${name}-1`,
  inputs: { name },
  ...more,
});
const checkpoint = (...resources: CheckpointResource[]): Checkpoint => ({ version: 3, deployment: { resources } });
const prepared = (current: Checkpoint, saved: Checkpoint) => prepareForRollback(current, saved);

describe("a checkpoint before its rollback", () => {
  it("A checkpoint before its rollback has everything from before protected, so that the engine deletes none of it, and is prepared only once", () => {
    const saved = checkpoint(resource("a"));
    const { checkpoint: now, isChanged } = prepared(saved, saved);
    assert.deepEqual([resourcesOf(now), isChanged], [[resource("a", { protect: true })], true]);
    assert.equal(prepared(now, saved).isChanged, false);
    const never: Checkpoint = { version: 3, deployment: {} };
    assert.equal(prepared(never, never).isChanged, false);
  });

  it("A checkpoint before its rollback has the original live again where its replacement was made, and the replacement to be deleted", () => {
    const original = resource("a");
    const current = checkpoint(resource("a", { id: "a-2" }), { ...original, delete: true });
    const { checkpoint: now, isChanged } = prepared(current, checkpoint(original));
    assert.equal(isChanged, true);
    assert.deepEqual(resourcesOf(now), [resource("a", { protect: true }), resource("a", { id: "a-2", delete: true })]);
  });

  it("A checkpoint before its rollback keeps what waits for deletion without being the original", () => {
    const stray = resource("b", { id: "b-9", delete: true });
    assert.deepEqual(resourcesOf(prepared(checkpoint(resource("a"), stray), checkpoint(resource("a"))).checkpoint), [
      resource("a", { protect: true }),
      stray,
    ]);
  });

  it("A checkpoint before its rollback loses what was deleted before its replacement, and pending operations", () => {
    const current = { ...checkpoint(resource("a", { pendingReplacement: true }), resource("b")) };
    const pending: Checkpoint = { ...current, deployment: { ...current.deployment, pending_operations: [{}] } };
    const { checkpoint: now, isChanged } = prepared(pending, checkpoint(resource("a"), resource("b")));
    assert.deepEqual(
      [resourcesOf(now), "pending_operations" in now.deployment, isChanged],
      [[resource("b", { protect: true })], false, true],
    );
    assert.equal(withoutPendingOperations(pending).isChanged, true);
    assert.equal(withoutPendingOperations(current).isChanged, false);
  });

  it("A checkpoint before its rollback names no dependency that was lost, which the engine would not take, and no mark for a replacement", () => {
    const [lost, kept] = [resource("a", { pendingReplacement: true }), resource("b", { taint: true })];
    const urns = [lost.urn, kept.urn];
    const dependent = resource("c", { dependencies: urns, propertyDependencies: { x: urns, y: [lost.urn] } });
    const { checkpoint: now } = prepared(checkpoint(lost, kept, dependent), checkpoint(lost, kept, dependent));
    assert.deepEqual(resourcesOf(now), [
      resource("b", { protect: true }),
      { ...dependent, dependencies: [kept.urn], propertyDependencies: { x: [kept.urn], y: [] }, protect: true },
    ]);
  });

  it("A checkpoint before its rollback loses the protection of what the transaction made, and of nothing else", () => {
    const old = resource("a", { protect: true });
    const { checkpoint: now } = prepared(checkpoint(old, resource("b", { protect: true })), checkpoint(old));
    assert.deepEqual(
      resourcesOf(now).map(({ protect }) => protect),
      [true, undefined],
    );
  });
});

const unlogged = { rollbackLog: [], remade: [] };

describe("after a rollback", () => {
  it("After a rollback other ids are no difference, also inside inputs and whatever the order of keys", () => {
    const saved = checkpoint(
      resource("w", { id: "workspace-1" }),
      resource("i", { id: "workspace-1/item-1", inputs: { workspaceId: "workspace-1", name: "x" } }),
    );
    const after = checkpoint(
      resource("w", { id: "workspace-2" }),
      resource("i", { id: "workspace-2/item-2", inputs: { name: "x", workspaceId: "workspace-2" } }),
    );
    assert.deepEqual(differencesAfterRollback(after, saved, unlogged), []);
  });

  it("After a rollback missing, changed and extra resources are told by name", () => {
    const saved = checkpoint(resource("a"), resource("b"));
    const after = checkpoint(resource("b", { inputs: { name: "other" } }), resource("c"));
    assert.deepEqual(
      differencesAfterRollback(after, saved, unlogged).map(({ what, reason }) => `${what} ${reason}`),
      ["Item 'a' is missing", "Item 'b' has other inputs than before", "Item 'c' is still there"],
    );
  });
});

describe("data of what a rollback had to make anew", () => {
  const item = (name: string, type: string, id: string) => resource(name, { id, inputs: { type } });
  const workspace = (id: string) => resource("sales", { type: "pulumi-nodejs:dynamic/fabric:Workspace", id });

  it("Data of what a rollback had to make anew is told to be lost, unless the service gave the object back with its id", () => {
    const saved = checkpoint(
      workspace("W1"),
      item("bronze", "Lakehouse", "W1/1"),
      item("silver", "Lakehouse", "W1/2"),
      item("flow", "DataPipeline", "W1/3"),
    );
    const after = checkpoint(
      workspace("W1"),
      item("bronze", "Lakehouse", "w1/1"),
      item("silver", "Lakehouse", "W1/22"),
      item("flow", "DataPipeline", "W1/33"),
    );
    assert.deepEqual(lostData(after, saved), ["Item 'silver' (W1/22) had to be made anew: its data is not back."]);
    assert.deepEqual(lostData(checkpoint(workspace("W2")), saved), [
      "Workspace 'sales' (W2) had to be made anew: everything in it is not back, except what is declared.",
    ]);
  });
});

describe("what a run has changed and the log does not know", () => {
  const azure = (name: string, more: Partial<CheckpointResource> = {}) =>
    resource(name, { type: "azure-native:fabric:FabricCapacity", ...more });
  const secret = (ciphertext: string) => ({ key: { "4dabf18193072939515e22adb298388d": "1b47", ciphertext } });

  it("What a run has changed and the log does not know is named where an object of another package was made, changed, replaced or removed", () => {
    const before = checkpoint(azure("changed"), azure("replaced"), azure("removed"), azure("same"));
    const after = checkpoint(
      azure("changed", { inputs: { sku: "F4" } }),
      azure("replaced", { id: "replaced-2" }),
      azure("same"),
      azure("made"),
    );
    assert.deepEqual(foreignChanges(before, after).sort(), [
      "FabricCapacity 'changed'",
      "FabricCapacity 'made'",
      "FabricCapacity 'removed'",
      "FabricCapacity 'replaced'",
    ]);
  });

  it("What a run has changed and the log does not know is nothing where only objects of Fabric, providers or components differ, or a secret was encrypted anew", () => {
    const before = checkpoint(azure("a", { inputs: secret("v1:x") }));
    const after = checkpoint(
      azure("a", { inputs: secret("v1:y") }),
      resource("item"),
      resource("provider", { type: "pulumi:providers:azure-native" }),
      resource("group", { type: "fabric:AzureEnvironment", custom: false }),
    );
    assert.deepEqual(foreignChanges(before, after), []);
    assert.deepEqual(foreignChanges({ version: 3, deployment: {} }, checkpoint()), []);
  });
});
