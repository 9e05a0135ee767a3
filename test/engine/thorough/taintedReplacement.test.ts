import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";

/*
 * A forced replacement (`--replace`, a taint) deletes the old object first: names are unique at the service. What its delete
 * leaves is the stack's own all the same, so that it goes when its declaration goes.
 */

const bob = { principal: "bob@contoso.com", role: "Member" };
const sales = { name: "sales", capacity: "local" };

async function deployed(workspace: Record<string, unknown>, other: Record<string, unknown> = {}): Promise<EngineStack> {
  const stack = await EngineStack.start();
  stack.configure({ ...other, workspaces: [{ ...sales, ...workspace }] });
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
  return stack;
}

/** What a command writes. */
async function writesOf(stack: EngineStack, work: () => Promise<{ code: number; text: string }>): Promise<string[]> {
  const begun = stack.emulator.requests().length;
  const { code, text } = await work();
  assert.equal(code, 0, text);
  return stack.calls(begun).filter((call) => !call.startsWith("GET") && !call.endsWith("/getDefinition"));
}

/** Takes everything but the workspace out of the configuration. */
async function undeclare(stack: EngineStack, workspace: Record<string, unknown> = sales): Promise<void> {
  assert.deepEqual((await stack.preview()).steps, []);
  stack.configure({ workspaces: [workspace] });
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
}

describe("a forced replacement", () => {
  const roles = "/workspaces/{workspaceId}/roleAssignments";

  it("A forced replacement that is marked by a taint does the same, under plain pulumi too", async () => {
    await using stack = await deployed({ users: [bob] });
    const { deployment } = await stack.state();
    const urn = deployment.resources?.find(({ type }) => type.endsWith(":WorkspaceUser"))?.urn ?? "";
    const tainted = await stack.run(["state", "taint", urn, "--yes"]);
    assert.equal(tainted.code, 0, tainted.text);
    assert.deepEqual(await writesOf(stack, () => stack.up()), [`DELETE ${roles}/{principalId}`, `POST ${roles}`]);
    await undeclare(stack);
    assert.ok(!stack.emulator.service.roles.all().some(({ principalId }) => principalId === known.bob));
  });
});
