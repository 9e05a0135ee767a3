import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";

const byName = { principal: "alice@contoso.com", role: "Member" };
const byId = { principal: known.alice, type: "User", role: "Viewer" };
const environment = (users: readonly object[]) => ({
  features: { useRetryLogic: true, useRollback: true },
  workspaces: [{ name: "sales", displayName: "sales", users }],
});
const up = (stack: EngineStack) => stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
const rolesOf = ({ emulator }: EngineStack) =>
  emulator.service.roles
    .all()
    .filter(({ principalId }) => principalId === known.alice)
    .map(({ role }) => role);

describe("two declarations of one object", () => {
  it("Two declarations of one object are refused with both named, in one deployment and in two", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment([byName, byId]));
    const both = await up(stack);
    assert.equal(both.code, 1, both.text);
    assert.match(both.text, /mean the same object/);
    assert.ok(
      both.text.includes("alice@contoso.com and ") || both.text.includes("and role of alice@contoso.com"),
      both.text,
    );

    stack.configure(environment([byName]));
    assert.equal((await up(stack)).code, 0);
    stack.configure(environment([byName, byId]));
    const second = await up(stack);
    assert.equal(second.code, 1, second.text);
    assert.match(second.text, /mean the same object/);
    assert.deepEqual(rolesOf(stack), ["Member"]);

    // the other spelling instead of the first one is no second declaration
    stack.configure(environment([byId]));
    const instead = await up(stack);
    assert.equal(instead.code, 0, instead.text);
    assert.deepEqual(rolesOf(stack), ["Viewer"]);
  });
});
