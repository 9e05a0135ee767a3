import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { TestService } from "./client.ts";

const id = "22222222-2222-4222-8222-000000000001";
const item = { workspaceId: id, type: "Notebook", displayName: "ingest", description: "" };

/** One object of each collection, as emulators wrote them from the beginning, and one of a collection that nobody knows. */
const objects: Readonly<Record<string, { readonly id: string } & Record<string, unknown>>> = {
  capacities: { id: known.activeCapacity, displayName: "local", sku: "F2", region: "West Europe", state: "Active" },
  principals: { id: known.deployer, type: "ServicePrincipal", displayName: "fabric-deployer" },
  workspaces: { id, displayName: "sales", description: "", type: "Workspace", capacityId: known.activeCapacity },
  roles: { id: `${id}/${known.deployer}`, workspaceId: id, principalId: known.deployer, role: "Admin" },
  folders: { id: "f1", workspaceId: id, displayName: "raw" },
  items: { id: "i1", ...item, folderId: "f1" },
  recoverableItems: { id: "r1", ...item, displayName: "old" },
  reservations: { id: `${id}/Notebook/old`, until: 0 },
  connections: { id: known.gitHubConnection, body: { id: known.gitHubConnection, displayName: "contoso GitHub" } },
  operations: { id: "o1", createdAt: 0, endsAt: 20, hasResult: true, result: { id: "i1" } },
  branches: { id: "github/contoso/sales/main/fabric", head: "abc", items: [] },
  gitConnections: { id, details: knownBranch, isInitialized: true, head: "abc", synced: [], credentials: {} },
  labels: { id: "l1" },
};

const openOldStore = () => {
  const store = mkdtempSync(join(tmpdir(), "fabric-emulator-"));
  const lines = Object.entries(objects).map(([name, is]) => `${JSON.stringify({ in: name, id: is.id, is })}\n`);
  writeFileSync(join(store, "journal.jsonl"), lines.join(""));
  return TestService.start({ store });
};

describe("a store of an earlier version", () => {
  it("A store of an earlier version is read as it is, and answers as it did", async () => {
    await using service = await openOldStore();
    const state = Object.fromEntries(Object.entries(objects).map(([name, object]) => [name, [object]]));
    const found = Object.entries(service.emulator.state()).filter(([, all]) => (all as unknown[]).length > 0);
    assert.deepEqual(Object.fromEntries(found), state);
    for (const [path, field, value] of [
      [`/capacities/${known.activeCapacity}`, "sku", "F2"],
      [`/workspaces/${id}`, "displayName", "sales"],
      [`/workspaces/${id}/roleAssignments/${known.deployer}`, "role", "Admin"],
      [`/workspaces/${id}/folders/f1`, "displayName", "raw"],
      [`/workspaces/${id}/items/i1`, "folderId", "f1"],
      [`/workspaces/${id}/notebooks/i1`, "displayName", "ingest"],
      [`/connections/${known.gitHubConnection}`, "displayName", "contoso GitHub"],
      ["/operations/o1/result", "id", "i1"],
      [`/workspaces/${id}/git/connection`, "gitConnectionState", "ConnectedAndInitialized"],
    ] as const) {
      assert.equal((await service.call("GET", path)).body[field], value, path);
    }
  });

  it("A store of an earlier version loses everything that belongs to a workspace when the workspace is deleted, and nothing else", async () => {
    await using service = await openOldStore();
    assert.equal((await service.call("DELETE", `/workspaces/${id}`)).status, 200);
    const left = Object.entries(service.emulator.state()).filter(([, all]) => (all as unknown[]).length > 0);
    assert.deepEqual(
      left.map(([name]) => name),
      ["capacities", "principals", "reservations", "connections", "operations", "branches", "labels"],
    );
  });
});
