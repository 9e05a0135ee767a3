import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/* Program and commands decide on one configuration: Pulumi's own answer, wherever it comes from. */

const quick = ["--yes", "--skip-preview"];
const sales = { name: "sales", displayName: "sales-test", capacity: "local" };
/** Its second workspace cannot be made, so an up of it fails after the first. */
const failing = [sales, { name: "more", capacity: "nowhere" }];
const names = ({ emulator }: EngineStack) => emulator.service.workspaces.all().map(({ displayName }) => displayName);

/** Moves keys of the stack's file to the project's, where every stack finds them. */
function moveToProject(stack: EngineStack, config: Record<string, unknown>): void {
  const file = join(stack.folder, "Pulumi.yaml");
  const lines = Object.entries(config).map(([key, value]) => `  fabric:${key}: {value: ${JSON.stringify(value)}}`);
  writeFileSync(file, `${readFileSync(file, "utf8")}\nconfig:\n${lines.join("\n")}\n`);
}

describe("program and commands", () => {
  it("Program and commands agree on rollback and the place of the log where Pulumi.yaml sets them for every stack", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: failing, features: undefined });
    moveToProject(stack, { features: { useRetryLogic: true, useRollback: true }, transactionLog: "logs" });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /useRollback on \(stack\)/);
    assert.match(up.text, /fully rolled back/);
    assert.deepEqual(names(stack), []);
    assert.equal(readdirSync(join(stack.folder, "logs")).filter((name) => name.endsWith(".jsonl")).length > 0, true);
    assert.equal(existsSync(join(stack.folder, ".fabric/transactions")), false);
  });

  it("Program and commands agree where --config-file names another file, also from up to rollback and destroy", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: failing, transactionLog: "logs", features: { useRetryLogic: true } });
    renameSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, "elsewhere.yaml"));
    const file = ["--config-file", "elsewhere.yaml"];
    const up = await stack.command("cli/up.ts", [...quick, ...file]);
    assert.equal(up.code, 2, up.text);
    assert.deepEqual(names(stack), ["sales-test"]);
    const rollback = await stack.command("cli/rollback.ts", [...file, "--yes"]);
    assert.equal(rollback.code, 0, rollback.text);
    assert.deepEqual(names(stack), []);
    const destroy = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick, ...file]);
    assert.equal(destroy.code, 0, destroy.text);
    const preview = await stack.command("cli/pulumiCommand.ts", ["preview", ...file]);
    assert.equal(preview.code, 0, preview.text);
    assert.equal(existsSync(join(stack.folder, ".fabric/transactions")), false);
    assert.equal(existsSync(join(stack.folder, "Pulumi.test.yaml")), false, "a second file was written");
  });

  it("Program and commands agree that options in the environment are for what was asked, and limit no rollback", async () => {
    await using stack = await EngineStack.start();
    const features = { useRollback: false, useRetryLogic: true };
    stack.configure({ workspaces: [sales], features });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    const [, more] = failing;
    stack.configure({ workspaces: [{ ...sales, description: "new" }, { name: "other" }, more], features });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 2, up.text);
    const rollback = await stack.command("cli/rollback.ts", ["--yes=true"], {
      PULUMI_OPTION_TARGET: "**nothing-of-this-name**",
      PULUMI_OPTION_EXPECT_NO_CHANGES: "true",
      PULUMI_OPTION_CONFIG: "fabric:endpoint=https://api.fabric.microsoft.com/v1",
      PULUMI_OPTION_SHOW_SECRETS: "true",
      PULUMI_OPTION_JSON: "true",
      ALL_PROXY: "socks5://127.0.0.1:9",
      HTTPS_PROXY: "http://127.0.0.1:9",
    });
    assert.equal(rollback.code, 0, rollback.text);
    assert.match(rollback.text, /fully rolled back/);
    assert.deepEqual(names(stack), ["sales-test"]);
    assert.equal(stack.emulator.service.workspaces.all()[0]?.description, "");
  });

  it("Program and commands agree where stackConfigDir keeps the stacks' files in a folder of their own", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: failing, transactionLog: "logs", features: { useRollback: true } });
    mkdirSync(join(stack.folder, "stacks"));
    renameSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, "stacks/Pulumi.test.yaml"));
    const project = join(stack.folder, "Pulumi.yaml");
    writeFileSync(project, `${readFileSync(project, "utf8")}\nstackConfigDir: stacks\n`);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /fully rolled back/);
    assert.deepEqual(names(stack), []);
    assert.equal(existsSync(join(stack.folder, ".fabric/transactions")), false);
    assert.equal(existsSync(join(stack.folder, "Pulumi.test.yaml")), false, "a second file was written");
  });

  it("Program and commands agree on what --config sets for this run and later ones", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: failing });
    const set = ["--config", "fabric:features.useRollback=true", "--config-path", "-c", "fabric:transactionLog=logs"];
    const up = await stack.command("cli/up.ts", [...quick, ...set]);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /fully rolled back/);
    assert.deepEqual(names(stack), []);
    assert.equal(existsSync(join(stack.folder, ".fabric/transactions")), false);
  });

  it("Program and commands import into the file that the configuration comes from", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales] });
    assert.equal((await stack.up()).code, 0);
    await stack.run(["stack", "init", "other"]);
    stack.configure({ workspaces: [] });
    mkdirSync(join(stack.folder, "stacks"));
    renameSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, "stacks/Pulumi.other.yaml"));
    const project = join(stack.folder, "Pulumi.yaml");
    writeFileSync(project, `${readFileSync(project, "utf8")}\nstackConfigDir: stacks\n`);
    const imported = await stack.commandAs("other", "cli/import.ts", ["--workspace", "sales-test"]);
    assert.equal(imported.code, 0, imported.text);
    assert.match(readFileSync(join(stack.folder, "stacks/Pulumi.other.yaml"), "utf8"), /sales-test/);
  });
});
