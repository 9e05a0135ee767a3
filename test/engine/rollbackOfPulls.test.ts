import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { knownBranch } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { failing, features, git, notebook, populate, refusal, sales } from "./harness/pulledWorkspace.ts";
import { worldOf } from "./harness/worldOf.ts";

describe("a deployment that pulled from Git into a workspace that existed, and failed", () => {
  it("A deployment that pulled from Git into a workspace that existed, and failed takes out what came in, and gives back what was overwritten", async () => {
    await using stack = await EngineStack.start();
    populate(stack, ["own", "shared"]);
    stack.emulator.commit(knownBranch, [notebook("shared", "shared of the branch"), notebook("new", "1")]);
    const before = worldOf(stack);
    stack.emulator.faults([refusal]);
    stack.configure({ features, workspaces: [{ ...sales, git: { ...git, allowOverwrite: true }, items: [failing] }] });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /fully rolled back/);
    assert.deepEqual(worldOf(stack), before, up.text);
  });
});
