import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { measured } from "../../bench/processTree.ts";
import { EngineStack } from "./harness/engineStack.ts";

/* A preview of a CLI that was built here has one Node process, where an update has three. Nobody must notice. */

const folders = (process.env["PATH"] ?? "").split(delimiter);
const engine = folders.find((folder) => existsSync(join(folder, "pulumi")));
const isBuilt = engine !== undefined && existsSync(join(engine, "languageHost.cjs"));

describe("a preview in one process", { skip: !isBuilt && "only with a CLI that was built here" }, () => {
  it("A preview starts no process for the program and none for the provider, and an update starts both", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [{ name: "sales", capacity: "local" }] });
    const namesIn = async (args: readonly string[]) => {
      const { code, text, commands } = await measured(
        "pulumi",
        [...args, "--stack", "test", "--non-interactive"],
        stack.place,
      );
      assert.equal(code, 0, text);
      assert.match(text, /Workspace/);
      return ["languageHost.cjs", "dynamicProvider.cjs", "cmd/run"].filter((name) =>
        commands.some((one) => one.includes(name)),
      );
    };
    assert.deepEqual(await namesIn(["preview"]), ["languageHost.cjs"]);
    assert.deepEqual(await namesIn(["up", "--yes"]), ["languageHost.cjs", "dynamicProvider.cjs", "cmd/run"]);
    assert.deepEqual(await namesIn(["destroy", "--yes"]), ["languageHost.cjs", "dynamicProvider.cjs"]);
  });

  it("A preview in which the program ends its process ends as it would in a process of its own", async () => {
    await using stack = await EngineStack.start({ program: "" });
    const programs = [
      "process.exit(3);",
      "try { process.exit(3); } catch { process.exit(4); }",
      "setTimeout(() => process.exit(3), 10);",
      "process.exitCode = 3;",
    ];
    for (const program of programs) {
      writeFileSync(join(stack.folder, "index.ts"), program);
      const [here, apart] = await Promise.all([stack.preview(), stack.preview({ FABRIC_PROCESSES: "separate" })]);
      const errors = ({ code, text }: typeof here) => ({
        code,
        said: /The program ended with exit code \d+\.|broken/.exec(text)?.[0],
      });
      assert.deepEqual(errors(here), errors(apart), `${program}\n${here.text}\n${apart.text}`);
    }
    // how that ends is the SDK's, by what it has not finished
    writeFileSync(join(stack.folder, "index.ts"), "process.exit(0);");
    assert.doesNotMatch((await stack.preview()).text, /EOF|error reading from server/);
  });
});
