import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";

const quick = ["--yes", "--skip-preview"];
const sales = { name: "sales", displayName: "sales-test", capacity: "local" };

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
