import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { benchWorkspaces } from "../../../bench/workspace.ts";
import { EngineStack } from "../harness/engineStack.ts";

describe("a state that the commands have compressed", () => {
  it("A state that the commands have compressed is read and written by commands that do not compress, and read again by those that do", async () => {
    await using stack = await EngineStack.start();
    const folder = join(stack.folder, "state/.pulumi/stacks/fabric");
    const files = () => readdirSync(folder).filter((name) => /^test\.json(\.zst|\.gz)?$/.test(name));
    const well = async (command: Promise<{ readonly code: number; readonly text: string }>) => {
      const { code, text } = await command;
      assert.equal(code, 0, text);
      return text;
    };
    const up = () => stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    stack.configure({ workspaces: benchWorkspaces(1), features: { useRollback: true } });
    await well(up());
    assert.deepEqual(files(), ["test.json.zst"]);
    const compressed = statSync(join(folder, "test.json.zst")).size;

    // plain pulumi
    await well(stack.preview({}, "--expect-no-changes"));
    assert.equal((await stack.state()).deployment.resources?.length, 11);
    await well(stack.refresh());
    assert.deepEqual(files(), ["test.json"]);
    assert.ok(statSync(join(folder, "test.json")).size > 4 * compressed);

    // and back, with a rollback on the way
    stack.configure({
      workspaces: [
        ...benchWorkspaces(1),
        { name: "more", capacity: "local", users: [{ principal: "bob@contoso.com", role: "Member" }] },
      ],
      features: { useRollback: true },
    });
    stack.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/roleAssignments", status: 400, errorCode: "BadRequest" },
    ]);
    const failed = await up();
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /fully rolled back/);
    assert.deepEqual(files(), ["test.json.zst"]);
    stack.configure({ workspaces: benchWorkspaces(1), features: { useRollback: true } });
    await well(stack.preview({}, "--expect-no-changes"));
    await well(stack.command("cli/pulumiCommand.ts", ["destroy", "--yes", "--skip-preview"]));
    assert.equal((await stack.state()).deployment.resources, undefined);
  });
});
