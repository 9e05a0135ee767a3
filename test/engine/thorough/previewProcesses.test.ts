import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it } from "node:test";
import { measured, treeOf } from "../../../bench/processTree.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { isLiveProcess } from "../../../lib/logStore/liveProcess.ts";

/* A preview of a CLI that was built here has one Node process, where an update has three. Nobody must notice. */

const folders = (process.env["PATH"] ?? "").split(delimiter);
const engine = folders.find((folder) => existsSync(join(folder, "pulumi")));
const isBuilt = engine !== undefined && existsSync(join(engine, "languageHost.cjs"));
const separate = { FABRIC_PROCESSES: "separate" };

/** Source of programs that fail, each in a way of its own. */
const failing: Readonly<Record<string, string>> = {
  "throws while it is loaded": `throw new Error("on loading");`,
  "throws when it is called": `export default () => { throw new Error("on call"); };`,
  rejects: `export default async () => { await null; throw new Error("later"); };`,
  "rejects where nobody waits": `void Promise.reject(new Error("alone")); export default () => ({ a: 1 });`,
  "names a module that is not there": `import "../nowhere.ts"; export default () => ({});`,
  "is told by the SDK": `import errors from "@pulumi/pulumi/errors.js"; export default () => { throw new errors.RunError("told"); };`,
  "logs an error": `import log from "@pulumi/pulumi/log/index.js"; export default async () => { await log.error("logged"); };`,
};

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

  for (const [what, program] of Object.entries(failing)) {
    it(`A preview of a program that ${what} ends as it does with a process for each`, async () => {
      await using stack = await EngineStack.start({ program });
      stack.configure({ workspaces: [] });
      /** What is told in the end; the lines before depend on how fast it went. */
      const plain = ({ code, text }: { code: number; text: string }) => ({
        code,
        told: text.slice(text.indexOf("Diagnostics:")).replaceAll(/^@ .*$/gm, ""),
      });
      const [one, three] = [await stack.preview(), await stack.preview(separate)];
      assert.deepEqual(plain(one), plain(three));
      assert.match(one.text, /error: /);
    });
  }

  it("A preview whose engine is killed leaves no process", async () => {
    await using stack = await EngineStack.start({
      program: `export default () => new Promise(() => setInterval(() => {}, 100));`,
    });
    stack.configure({ workspaces: [] });
    const engine = spawn("pulumi", ["preview", "--stack", "test", "--non-interactive"], {
      ...stack.place,
      stdio: "ignore",
    });
    const ended = once(engine, "exit");
    let family: number[] = [];
    while (family.length < 2) {
      await pause(50);
      family = treeOf(engine.pid ?? -1).map(({ pid }) => pid);
    }
    engine.kill("SIGKILL");
    await ended;
    const deadline = Date.now() + 5_000;
    while (family.some(isLiveProcess) && Date.now() < deadline) await pause(50);
    assert.deepEqual(family.filter(isLiveProcess), []);
  });
});
