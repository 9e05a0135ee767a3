import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";

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
});

describe("a file that is no YAML", () => {
  it("A file that is no YAML is named with the line by every command that reads it, whichever file it is", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales] });
    const own = join(stack.folder, "Pulumi.test.yaml");
    const project = join(stack.folder, "Pulumi.yaml");
    const [good, goodProject] = [readFileSync(own, "utf8"), readFileSync(project, "utf8")];
    const broken = "config:\n  fabric:workspaces:\n    - name: [sales\n  fabric:protectData: false\n";
    writeFileSync(own, broken);
    const commands: [string, ...string[]][] = [
      ["cli/up.ts", ...quick],
      ["cli/rollback.ts"],
      ["cli/pulumiCommand.ts", "preview"],
      ["cli/pulumiCommand.ts", "destroy", ...quick],
      ["cli/import.ts", "--workspace", "sales-test"],
      ["cli/secret.ts", "get", "X"],
    ];
    for (const [file, ...args] of commands) {
      const { code, text } = await stack.command(file, args);
      assert.equal(code, 2, text);
      assert.match(text, /Pulumi\.test\.yaml:[34]:\d+ is not valid YAML/, file);
      assert.doesNotMatch(text, /^ +at |\u001B\[/m);
    }
    writeFileSync(own, good);
    writeFileSync(join(stack.folder, "other.yaml"), broken);
    const other = await stack.command("cli/up.ts", [...quick, "--config-file", "other.yaml"]);
    assert.match(other.text, /other\.yaml:[34]:\d+ is not valid YAML/);
    writeFileSync(project, `${goodProject}\nconfig: {a: b\n`);
    const whole = await stack.command("cli/up.ts", quick);
    assert.match(whole.text, /Pulumi\.yaml:\d+:\d+ is not valid YAML/);
    assert.deepEqual(stack.calls(), []);
  });
});
