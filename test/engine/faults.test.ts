import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";

const two = {
  workspaces: [
    { name: "sales", displayName: "sales-test", capacity: "local" },
    { name: "finance", displayName: "finance-test", capacity: "local" },
  ],
};
const one = { workspaces: [two.workspaces[0]] };

describe("a service in trouble", () => {
  it("A service in trouble makes nothing twice when the answer to a create is lost", async () => {
    await using stack = await EngineStack.start();
    stack.configure({
      workspaces: [
        {
          ...one.workspaces[0],
          users: [{ principal: "alice@contoso.com", role: "Member" }],
          items: [{ name: "bronze", type: "Lakehouse", folder: "/raw" }],
        },
      ],
    });
    stack.emulator.faults([
      { method: "POST", route: "/workspaces", drop: "after" },
      { method: "POST", route: "/workspaces/{workspaceId}/roleAssignments", drop: "after" },
      { method: "POST", route: "/workspaces/{workspaceId}/folders", drop: "after" },
      { method: "POST", route: "/workspaces/{workspaceId}/items", drop: "after" },
    ]);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const { workspaces, roles, folders, items } = stack.emulator.service;
    assert.equal(workspaces.all().length, 1);
    assert.equal(roles.all().length, 2);
    assert.equal(folders.all().length, 1);
    assert.equal(items.all().filter(({ type }) => type === "Lakehouse").length, 1);
    assert.equal((await stack.destroy()).code, 0);
    assert.deepEqual(workspaces.all(), [], "an adopted object would have stayed");
  });
});
