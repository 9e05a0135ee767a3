import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { existing, workspace } from "./harness/existingWorkspace.ts";

describe("what existed before", () => {
  it("What existed before is managed with adopt, and given back by destroy with the values it had", async () => {
    await using stack = await EngineStack.start();
    const { id, call } = await existing(stack);
    const lakehouse = await call("POST", `/workspaces/${id}/items`, {
      displayName: "bronze",
      type: "Lakehouse",
      description: "theirs",
    });
    await call("POST", `/workspaces/${id}/roleAssignments`, {
      principal: { id: known.alice, type: "User" },
      role: "Viewer",
    });
    stack.configure({
      workspaces: [
        {
          ...workspace,
          adopt: true,
          description: "ours",
          capacity: "local-large",
          users: [{ principal: "alice@contoso.com", role: "Member" }],
          items: [{ name: "bronze", type: "Lakehouse", displayName: "bronze", description: "ours", adopt: true }],
        },
      ],
    });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const { workspaces, items, roles } = stack.emulator.service;
    assert.deepEqual([workspaces.get(id)?.description, workspaces.get(id)?.capacityId], ["ours", known.secondCapacity]);
    assert.equal(items.get(lakehouse.id)?.description, "ours");
    assert.equal(roles.get(`${id}/${known.alice}`)?.role, "Member");
    assert.deepEqual((await stack.preview()).steps, []);

    assert.equal((await stack.destroy()).code, 0);
    assert.deepEqual(
      [workspaces.get(id)?.description, workspaces.get(id)?.capacityId],
      ["theirs", known.activeCapacity],
    );
    assert.equal(items.get(lakehouse.id)?.description, "theirs");
    assert.equal(roles.get(`${id}/${known.alice}`)?.role, "Viewer");
  });
});

describe("data", () => {
  it("Data is protected from destroy and replacement until protect is lifted on the object", async () => {
    await using stack = await EngineStack.start();
    const lakehouse = { name: "bronze", type: "Lakehouse" };
    const flow = { name: "flow", type: "DataPipeline" };
    stack.configure({ protectData: true, workspaces: [{ ...workspace, items: [lakehouse, flow] }] });
    assert.equal((await stack.up()).code, 0);
    assert.match((await stack.destroy()).text, /protected/);
    assert.ok(stack.emulator.service.items.all().some(({ type }) => type === "Lakehouse"));

    stack.configure({ protectData: true, workspaces: [{ ...workspace, items: [] }] });
    assert.notEqual((await stack.preview()).code, 0);

    stack.configure({
      protectData: true,
      workspaces: [{ ...workspace, protect: false, items: [{ ...lakehouse, protect: false }] }],
    });
    assert.equal((await stack.up()).code, 0);
    assert.equal((await stack.destroy()).code, 0);
  });
});
