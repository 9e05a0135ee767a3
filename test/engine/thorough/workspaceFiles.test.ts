import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { EngineStack } from "../harness/engineStack.ts";
import { existing } from "../harness/existingWorkspace.ts";

const workspace = (name: string, others: object = {}) => ({
  name,
  displayName: `${name}-test`,
  capacity: "local",
  ...others,
});
const lake = { items: [{ name: "raw", type: "Lakehouse" }] };

function write(stack: EngineStack, path: string, content: unknown): void {
  mkdirSync(join(stack.folder, "workspaces"), { recursive: true });
  writeFileSync(join(stack.folder, "workspaces", path), stringify(content));
}

const names = ({ emulator }: EngineStack) =>
  emulator.service.workspaces
    .all()
    .map(({ displayName }) => displayName)
    .sort();

describe("workspaces in files", () => {
  it("Workspaces in files are deployed beside others, and it makes no difference in which file they stand", async () => {
    await using stack = await EngineStack.start();
    const from = { from: "workspaces/*.yaml" };
    stack.configure({ workspaces: [from, workspace("inline")] });
    write(stack, "one.yaml", workspace("one", lake));
    write(stack, "several.yaml", [workspace("two"), workspace("three", lake)]);
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(names(stack), ["inline-test", "one-test", "three-test", "two-test"]);
    const unchanged = await stack.preview();
    assert.deepEqual([unchanged.code, unchanged.steps], [0, []], unchanged.text);

    renameSync(join(stack.folder, "workspaces/one.yaml"), join(stack.folder, "workspaces/renamed.yaml"));
    write(stack, "several.yaml", [workspace("three", lake), workspace("inline")]);
    stack.configure({ workspaces: [workspace("two"), from] });
    const moved = await stack.preview();
    assert.deepEqual([moved.code, moved.steps], [0, []], moved.text);

    write(stack, "renamed.yaml", workspace("one", { ...lake, description: "new" }));
    const changed = await stack.command("cli/pulumiCommand.ts", ["preview", "--comment", "comment.md"]);
    assert.equal(changed.code, 0, changed.text);
    assert.match(readFileSync(join(stack.folder, "comment.md"), "utf8"), /one[\s\S]*description/);

    rmSync(join(stack.folder, "workspaces"), { recursive: true });
    const missing = await stack.up();
    assert.equal(missing.code, 1);
    assert.match(missing.text, /fabric:workspaces\[1\]\.from: workspaces\/\*\.yaml matches no file/);
    assert.equal(names(stack).length, 4);
    // a destroy runs no program, and needs no files
    const destroy = await stack.command("cli/pulumiCommand.ts", ["destroy", "--yes", "--skip-preview"]);
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(names(stack), []);
  });

  it("An import beside workspaces in files writes to the stack's own list, takes no name of theirs, and skips them", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [{ from: "workspaces/*.yaml" }] });
    // the key that the import would choose
    write(stack, "a.yaml", { name: "sales-test", displayName: "other", capacity: "local" });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    await existing(stack);
    const imported = await stack.command("cli/import.ts", ["--workspace", "sales-test", "--workspace", "other"]);
    assert.equal(imported.code, 0, imported.text);
    assert.match(imported.text, /A preview shows no change/);
    const text = readFileSync(join(stack.folder, "Pulumi.test.yaml"), "utf8");
    assert.match(text, /- from: workspaces\/\*\.yaml\n +- name: sales-test-\w+\n +displayName: sales-test\n/);
    assert.doesNotMatch(text, /displayName: other/);
  });

  it("A configuration that is too long for the vendor's language host is refused before the engine starts", async () => {
    await using stack = await EngineStack.start();
    const many = Array.from({ length: 1000 }, (_, index) => workspace(`w${index}`, { description: "x".repeat(4000) }));
    stack.configure({ workspaces: many });
    mkdirSync(join(stack.folder, "vendor"));
    writeFileSync(join(stack.folder, "vendor/pulumi-language-nodejs"), "", { mode: 0o755 });
    const env = { PATH: [join(stack.folder, "vendor"), stack.env["PATH"]].join(delimiter) };
    for (const command of [
      ["cli/up.ts", "--yes"],
      ["cli/pulumiCommand.ts", "preview"],
    ] as const) {
      const { code, text } = await stack.command(command[0], command.slice(1), env);
      assert.equal(code, 2, text);
      assert.match(text, /^The configuration of stack 'test' is too long for the language host of the Pulumi CLI/);
    }
  });
});
