import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crash, projectCommand } from "../harness/crash.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";
import { notebookParts } from "../../notebookSource.ts";
import { adopting, features, quick, withTheirs } from "../harness/adoptedTheirs.ts";

/* Objects that existed before the stack, with values of their own that nobody but it remembers once they are changed. */

const contentOf = (stack: EngineStack) => {
  const [item] = stack.emulator.service.items.all();
  return Buffer.from(item?.parts?.find(({ path }) => path.endsWith(".py"))?.payload ?? "", "base64").toString();
};

describe("an adoption", () => {
  it("An adoption sends no definition that is there already, and says nothing of it", async () => {
    await using stack = await withTheirs();
    stack.configure({ workspaces: [adopting] });
    assert.equal((await stack.up()).code, 0);
    assert.match(contentOf(stack), /Ingest sales orders/);
    const destroyed = await stack.destroy();
    assert.equal(destroyed.code, 0, destroyed.text);
    const begun = stack.emulator.requests().length;
    const again = await stack.up();
    assert.equal(again.code, 0, again.text);
    assert.doesNotMatch(again.text, /another definition/);
    assert.ok(!stack.calls(begun).some((call) => call.includes("updateDefinition")));
  });

  for (const [what, route, method] of [
    ["the workspace", "/workspaces/{workspaceId}", "PATCH"],
    ["the role", "/workspaces/{workspaceId}/roleAssignments/{principalId}", "PATCH"],
    ["the definition", "/workspaces/{workspaceId}/items/{itemId}/updateDefinition", "POST"],
  ] as const) {
    const rule = { method, route, holdMs: 400, drop: "after" } as const;

    it(`An adoption that was killed when ${what} had been changed is taken back by npm run rollback`, async () => {
      const hit = Promise.withResolvers<void>();
      await using stack = await withTheirs(hit.resolve);
      const before = worldOf(stack);
      stack.configure({ features, workspaces: [adopting] });
      const killed = await crash(stack, hit.promise, { command: projectCommand("cli/up.ts", ...quick), rule });
      assert.ok(killed, "the deployment ended before it was killed");
      assert.notDeepEqual(worldOf(stack), before);
      const rollback = await stack.command("cli/rollback.ts");
      assert.equal(rollback.code, 0, rollback.text);
      assert.deepEqual(worldOf(stack), before);
    });
  }

  it("An adoption that was killed still knows what to give back, after the up that goes on", async () => {
    const rule = { method: "PATCH", route: "/workspaces/{workspaceId}", holdMs: 400, drop: "after" } as const;
    const hit = Promise.withResolvers<void>();
    await using stack = await withTheirs(hit.resolve);
    const before = worldOf(stack);
    stack.configure({ features, workspaces: [adopting] });
    await crash(stack, hit.promise, { command: projectCommand("cli/up.ts", ...quick), rule });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    const destroyed = await stack.destroy();
    assert.equal(destroyed.code, 0, destroyed.text);
    // the replaced definition is kept for a rollback only
    const parts = notebookParts("theirs");
    const [ingest] = stack.emulator.service.items.all();
    stack.emulator.service.items.change(ingest?.id ?? "", { parts });
    assert.deepEqual(worldOf(stack), before);
  });

  it("An adoption is none of what a killed run had made itself: that is deleted in the end", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure({ workspaces: [{ name: "own", adopt: true }] });
    const rule = { method: "POST", route: "/workspaces", holdMs: 400, drop: "after" } as const;
    await crash(stack, hit.promise, { command: projectCommand("cli/up.ts", ...quick), rule });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
    assert.equal((await stack.destroy()).code, 0);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
  });
});
