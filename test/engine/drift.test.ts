import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { bronzeOf, environment, idOf, repair } from "./harness/drifted.ts";
import { EngineStack } from "./harness/engineStack.ts";

/* Changes behind Pulumi's back: refresh shows them, and the next up repairs them. */

describe("drift", () => {
  it("Drift puts back changed values of every kind", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const { service } = stack.emulator;
    const id = idOf(stack, "sales-test");
    service.workspaces.change(id, { description: "clicked", capacityId: known.secondCapacity });
    service.roles.change(`${id}/${known.alice}`, { role: "Member" });
    service.items.change(bronzeOf(stack)?.id ?? "", { description: "clicked", folderId: undefined });
    service.gitConnections.change(id, {
      details: { ...service.gitConnections.get(id)?.details, branchName: "main", directoryName: "/other" },
    });
    const { repaired, found } = await repair(stack);
    assert.match(found, /~ 4 updated/);
    assert.deepEqual(repaired, [
      "update GitConnection sales",
      "update Item sales/bronze",
      "update Workspace sales",
      "update WorkspaceUser sales/alice@contoso.com",
    ]);
    assert.deepEqual(
      [service.workspaces.get(id)?.description, service.workspaces.get(id)?.capacityId],
      ["declared", known.activeCapacity],
    );
    assert.equal(service.roles.get(`${id}/${known.alice}`)?.role, "Admin");
    assert.equal(bronzeOf(stack)?.description, "");
    assert.ok(bronzeOf(stack)?.folderId);
  });
});
