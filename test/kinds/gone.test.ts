import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { Bench, TRANSACTION, deployed, saveBefore } from "./providerBench.ts";
import type { Deployed, KindKey } from "./providerBench.ts";

/* When an object is taken for gone: a stack forgets what is, so nothing but a proof counts. */

/** A workspace on a capacity, and an item in it. */
async function withItem(bench: Bench): Promise<{ readonly workspace: Deployed; readonly item: Deployed }> {
  const workspace = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  const inputs = { workspaceId: workspace.id, type: "Notebook", displayName: "ingest" };
  return { workspace, item: await deployed(bench, "item", inputs) };
}

const itemRoute = "/workspaces/{workspaceId}/items/{itemId}";

/** What a refresh finds of an object: its id, or nothing if it is gone. */
async function foundOf(bench: Bench, { kind, id, olds }: Deployed, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const process = await bench.process(kind, env);
  return (await process.read(id, olds)).id;
}

/** Takes the deploying identity's roles away, as another tenant or identity would look like. */
function hideEverything({ emulator: { service } }: Bench): void {
  for (const { id, principalId } of service.roles.all()) if (principalId === known.deployer) service.roles.delete(id);
}

describe("an object of a workspace", () => {
  it("An item is gone when neither the list nor a read of its own finds it", async () => {
    await using bench = await Bench.start();
    const { item } = await withItem(bench);
    assert.equal(await foundOf(bench, item), item.id);
    bench.emulator.service.items.delete(item.id.split("/")[1] ?? "");
    assert.ok(!(await foundOf(bench, item)));
  });

  it("An item is not gone while the capacity of its workspace is paused, which hides it", async () => {
    await using bench = await Bench.start();
    const { item } = await withItem(bench);
    bench.emulator.service.items.delete(item.id.split("/")[1] ?? "");
    bench.emulator.service.capacities.change(known.activeCapacity, { state: "Inactive" });
    await assert.rejects(foundOf(bench, item), /paused/);
  });

  it("An item is not gone while its workspace lists no item and its capacity is not visible, unless the environment says that it is so", async () => {
    await using bench = await Bench.start();
    const { workspace, item } = await withItem(bench);
    const { capacities, items } = bench.emulator.service;
    items.delete(item.id.split("/")[1] ?? "");
    capacities.delete(known.activeCapacity);
    await assert.rejects(foundOf(bench, item), /not visible to this identity.*FABRIC_CONFIRM_GONE=true/s);
    assert.ok(!(await foundOf(bench, item, { FABRIC_CONFIRM_GONE: "true" })));
    const other = {
      id: known.alice,
      workspaceId: workspace.id,
      type: "Notebook",
      displayName: "other",
      description: "",
    };
    items.put(other);
    assert.ok(!(await foundOf(bench, item)), "a list that shows another item proves that the capacity runs");
  });

  it("Nothing is gone while the service shows no workspace at all, unless the environment says that it is so", async () => {
    await using bench = await Bench.start();
    const { workspace, item } = await withItem(bench);
    hideEverything(bench);
    for (const one of [workspace, item]) {
      await assert.rejects(foundOf(bench, one), /shows no workspace at all.*FABRIC_CONFIRM_GONE=true/s);
      assert.ok(!(await foundOf(bench, one, { FABRIC_CONFIRM_GONE: "true" })));
    }
  });

  it("Nothing is gone, and nothing counts as deleted, where the inbound rules of its workspace do not allow this network and the list lacks it", async () => {
    await using bench = await Bench.start();
    await deployed(bench, "workspace", { displayName: "other" });
    const { workspace, item } = await withItem(bench);
    const errorCode = "RequestDeniedByInboundPolicy";
    const denied = { route: workspace.id, status: 403, errorCode, times: "forever" } as const;
    bench.emulator.faults([denied]);
    bench.emulator.service.workspaces.delete(workspace.id);
    for (const one of [workspace, item]) {
      await assert.rejects(
        foundOf(bench, one),
        /RequestDeniedByInboundPolicy \(403.*inbound rules do not allow this network/,
      );
      const process = await bench.process(one.kind);
      await assert.rejects(process.delete(one.id, one.olds), /RequestDeniedByInboundPolicy/);
      await process.end();
    }
  });

  const heldBy: Record<string, (workspaceId: string) => Omit<Deployed, "kind">> = {
    workspaceIdentity: (id) => ({ id, olds: { workspaceId: id } }),
    itemEndpoint: (id) => ({ id: `${id}/${known.alice}`, olds: { workspaceId: id, itemId: known.alice } }),
    gitConnection: (id) => ({ id, olds: { workspaceId: id, ...knownBranch } }),
    unlistedUsers: (id) => ({ id, olds: { workspaceId: id, listed: [] } }),
    unlistedItems: (id) => ({ id, olds: { workspaceId: id, listed: [] } }),
  };
  for (const [kind, heldIn] of Object.entries(heldBy))
    it(`What one can have once in a workspace or item is gone with the workspace, but not where its inbound rules do not allow this network: ${kind}`, async () => {
      await using bench = await Bench.start();
      await deployed(bench, "workspace", { displayName: "other" });
      const { workspace } = await withItem(bench);
      const held: Deployed = { kind: kind as KindKey, ...heldIn(workspace.id) };
      bench.emulator.service.workspaces.delete(workspace.id);
      const denied = { route: workspace.id, status: 403, errorCode: "RequestDeniedByInboundPolicy" } as const;
      bench.emulator.faults([{ ...denied, times: "forever" }]);
      await assert.rejects(foundOf(bench, held), /inbound rules do not allow this network/);
      bench.emulator.faults([]);
      assert.ok(!(await foundOf(bench, held)));
    });

  it("A delete that is forbidden has failed while its workspace is there, and is done once that is gone", async () => {
    await using bench = await Bench.start();
    await deployed(bench, "workspace", { displayName: "other" });
    const { workspace, item } = await withItem(bench);
    const forbidden = { method: "DELETE", route: itemRoute, status: 403, errorCode: "InsufficientPrivileges" } as const;
    bench.emulator.faults([forbidden]);
    const process = await bench.process("item");
    await assert.rejects(process.delete(item.id, item.olds), /InsufficientPrivileges/);
    await process.end();
    bench.emulator.service.workspaces.delete(workspace.id);
    bench.emulator.faults([forbidden]);
    await (await bench.process("item")).delete(item.id, item.olds);
  });

  for (const useRollback of [true, false])
    it(`A delete that finds nothing has failed while the object itself can be read, ${useRollback ? "with" : "without"} useRollback`, async () => {
      await using bench = await Bench.start();
      const { workspace, item } = await withItem(bench);
      const { id: workspaceId } = workspace;
      const others = [
        await deployed(bench, "folder", { workspaceId, displayName: "raw" }),
        await deployed(bench, "workspaceUser", { workspaceId, principal: "alice@contoso.com", role: "Viewer" }),
        await deployed(bench, "workspaceIdentity", { workspaceId }),
      ];
      for (const { kind, id, olds } of [item, ...others, workspace]) {
        bench.emulator.faults([
          { method: "DELETE", status: 404, errorCode: "EntityNotFound", times: "forever" },
          { method: "POST", route: "/deprovisionIdentity", status: 404, errorCode: "EntityNotFound", times: "forever" },
        ]);
        const process = await bench.process(kind, {}, { useRollback });
        await assert.rejects(process.delete(id, olds), /EntityNotFound/, id);
        bench.emulator.faults([]);
        await process.delete(id, olds);
        await process.end();
      }
    });

  for (const [why, fault] of Object.entries({
    "is answered by 500": { status: 500, errorCode: "Broken" },
    "is answered by 503": { status: 503, errorCode: "Unavailable" },
    "breaks off": { drop: "before" },
  } as const))
    it(`A delete that finds nothing has failed while the read that would confirm it ${why}, and so has that of a role while their list does`, async () => {
      await using bench = await Bench.start();
      const { workspace, item } = await withItem(bench);
      const inputs = { workspaceId: workspace.id, principal: "alice@contoso.com", role: "Viewer" };
      const role = await deployed(bench, "workspaceUser", inputs);
      for (const { kind, id, olds } of [item, role]) {
        const route = kind === "item" ? itemRoute : "/workspaces/{workspaceId}/roleAssignments";
        bench.emulator.faults([
          { method: "DELETE", status: 404, errorCode: "EntityNotFound", times: "forever" },
          { method: "GET", route, ...fault, times: "forever" },
        ]);
        const process = await bench.process(kind, {}, { useRollback: false });
        await assert.rejects(process.delete(id, olds), new RegExp("errorCode" in fault ? fault.errorCode : "ECONN"));
        bench.emulator.faults([]);
        await process.end();
      }
    });

  it("A delete that finds nothing has failed while the capacity of the workspace is paused, which hides what is there", async () => {
    await using bench = await Bench.start();
    const { item } = await withItem(bench);
    bench.emulator.service.capacities.change(known.activeCapacity, { state: "Inactive" });
    bench.emulator.faults([{ route: itemRoute, status: 404, errorCode: "EntityNotFound", times: "forever" }]);
    const process = await bench.process("item", {}, { useRollback: false });
    await assert.rejects(process.delete(item.id, item.olds), /is paused/);
    await process.end();
  });

  it("A delete of the last item whose answer is lost is done when its repetition finds nothing, also where the capacity is not visible", async () => {
    await using bench = await Bench.start();
    const { item } = await withItem(bench);
    bench.emulator.service.capacities.delete(known.activeCapacity);
    bench.emulator.faults([{ method: "DELETE", route: itemRoute, drop: "after" }]);
    const process = await bench.process("item");
    await process.delete(item.id, item.olds);
    await process.end();
    assert.deepEqual(bench.emulator.service.items.all(), []);
  });

  for (const [what, env] of Object.entries({
    "that goes on with its transaction": {},
    "that rolls its transaction back": { FABRIC_ROLLBACK_OF: TRANSACTION },
    "of another transaction": { FABRIC_TRANSACTION_ID: "test-2" },
  }))
    it(`A delete of the last item that a killed process has begun is done for a run ${what} and finds nothing, also where the capacity is not visible`, async () => {
      const stop = new AbortController();
      const bench: Bench = await Bench.start(() => {
        bench.forkLogs();
        stop.abort();
      });
      await using _bench = bench;
      const { item } = await withItem(bench);
      await saveBefore(bench, item);
      bench.emulator.service.capacities.delete(known.activeCapacity);
      bench.emulator.faults([{ method: "DELETE", route: itemRoute, drop: "after" }]);
      const dying = await bench.process("item", {}, { stop: stop.signal });
      await assert.rejects(dying.delete(item.id, item.olds));
      await dying.end();
      bench.emulator.faults([]);
      const process = await bench.process("item", env);
      // a refresh comes first
      assert.equal((await process.read(item.id, item.olds)).id ?? "", "");
      await process.delete(item.id, item.olds);
      await process.end();
    });

  it("An adopted item is not given up because the answer to a read was lost, and its capacity, which is not visible, may hide it", async () => {
    await using bench = await Bench.start();
    const workspace = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = { workspaceId: workspace.id, type: "Notebook", displayName: "ingest" };
    await deployed(bench, "item", inputs, { stack: "other" });
    const item = await deployed(bench, "item", { ...inputs, adopt: true });
    const { capacities, items } = bench.emulator.service;
    items.delete(item.id.split("/")[1] ?? "");
    capacities.delete(known.activeCapacity);
    bench.emulator.faults([{ method: "GET", route: itemRoute, drop: "before" }]);
    const process = await bench.process("item");
    await assert.rejects(process.delete(item.id, item.olds), /not visible to this identity/);
    await process.end();
  });

  it("A delete that finds nothing has failed after a lost answer while the capacity is seen to be paused, or the read is forbidden", async () => {
    await using bench = await Bench.start();
    const { item } = await withItem(bench);
    const lost = { method: "DELETE", route: itemRoute, drop: "before" } as const;
    const hidden = { method: "DELETE", route: itemRoute, status: 404, errorCode: "EntityNotFound", nth: 2 } as const;
    const read = { method: "GET", route: itemRoute, times: "forever" } as const;
    const { capacities } = bench.emulator.service;
    capacities.change(known.activeCapacity, { state: "Inactive" });
    bench.emulator.faults([lost, hidden, { ...read, status: 404, errorCode: "EntityNotFound" }]);
    const process = await bench.process("item");
    await assert.rejects(process.delete(item.id, item.olds), /is paused/);
    await process.end();
    capacities.delete(known.activeCapacity);
    bench.emulator.service.items.delete(item.id.split("/")[1] ?? "");
    bench.emulator.faults([lost, hidden, { ...read, status: 403, errorCode: "InsufficientPrivileges" }]);
    const other = await bench.process("item", { FABRIC_TRANSACTION_ID: "test-2" }, { stack: "other" });
    await assert.rejects(other.delete(item.id, item.olds), /not visible to this identity/);
    await other.end();
  });
});
