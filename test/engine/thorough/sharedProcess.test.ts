import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it } from "node:test";
import { measured, treeOf } from "../../../bench/processTree.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { isLiveProcess } from "../../../lib/logStore/liveProcess.ts";
import { openLogStore } from "../../../lib/logStore/openLogStore.ts";
import { StackTransactions } from "../../../lib/transactions/stackTransactions.ts";

/*
 * A preview of a CLI that was built here has one Node process, and so has every run of an npm command with this project's
 * program, where a plain update has three. Nobody must notice.
 */

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
    const family = await familyWhen(engine, (family) => family.length >= 2);
    engine.kill("SIGKILL");
    await assertGone(family);
  });
});

describe("an npm command in one process", { skip: !isBuilt && "only with a CLI that was built here" }, () => {
  const up = "cli/up.ts";
  const other = "cli/pulumiCommand.ts";
  const two = { workspaces: ["sales", "stock"].map((name) => ({ name, capacity: "local" })) };
  const hosts = ["languageHost.cjs", "dynamicProvider.cjs", "cmd/run"];
  const partsOf = async (stack: EngineStack, [file = "", ...args]: string[]) => {
    const command = [resolve(import.meta.dirname, "../../..", file), ...args, "--stack", "test", "--yes"];
    const { code, text, commands } = await measured(process.execPath, command, stack.place);
    assert.equal(code, 0, text);
    return hosts.filter((name) => commands.some((one) => one.includes(name)));
  };

  it("npm run up has no process for the program and none for the provider, with a preview before and without", async () => {
    await using stack = await EngineStack.start();
    stack.configure(two);
    assert.deepEqual(await partsOf(stack, [up]), ["languageHost.cjs"]);
    stack.configure({ workspaces: [] });
    assert.deepEqual(await partsOf(stack, [up, "--skip-preview"]), ["languageHost.cjs"]);
    assert.deepEqual(stack.emulator.service.store.collection("workspaces").all(), []);
  });

  it("npm run up gives a program that is not this project's a process of its own, and the provider, too", async () => {
    const index = JSON.stringify(resolve(import.meta.dirname, "../../../index.ts"));
    await using stack = await EngineStack.start({ program: `export { default } from ${index};` });
    stack.configure(two);
    assert.deepEqual(await partsOf(stack, [up, "--skip-preview"]), hosts);
  });

  it("npm run refresh and destroy have no process for the provider, unless they run the program", async () => {
    await using stack = await EngineStack.start();
    stack.configure(two);
    assert.equal((await stack.command(up, ["--yes", "--skip-preview"])).code, 0);
    assert.deepEqual(await partsOf(stack, [other, "refresh"]), ["languageHost.cjs"]);
    assert.deepEqual(await partsOf(stack, [other, "refresh", "--run-program", "--skip-preview"]), hosts);
    assert.deepEqual(await partsOf(stack, [other, "destroy"]), ["languageHost.cjs"]);
  });

  it("npm run up fails as it does with a process for each, and leaves the same in the log", async () => {
    const outcomes = await Promise.all(
      [{}, separate].map(async (env) => {
        await using stack = await EngineStack.start({ env });
        stack.configure({
          ...two,
          workspaces: two.workspaces.map((one) => ({ ...one, items: [{ name: "bronze", type: "Lakehouse" }] })),
        });
        stack.emulator.faults([
          { method: "POST", route: "/workspaces/{workspaceId}/items", status: 400, errorCode: "No" },
        ]);
        const { code, text } = await stack.command(up, ["--yes", "--skip-preview"]);
        const store = await openLogStore(join(stack.folder, ".fabric/transactions"), { stack: "test", env: {} });
        const logs = await new StackTransactions(store, "test").logs();
        return {
          code,
          errors: (text.match(/^ *error: .*$/gm) ?? []).map((line) => line.replace(/, request [^)]+/, "")).toSorted(),
          log: logs
            .flat()
            .map(({ kind }) => kind)
            .toSorted(),
        };
      }),
    );
    const [one, three] = outcomes;
    assert.equal(one?.code, 2);
    assert.ok(one.errors.length > 0);
    assert.deepEqual(one, three);
  });

  it("npm run up whose engine is killed while calls are under way leaves no process that goes on", async () => {
    await using stack = await EngineStack.start();
    stack.configure(two);
    stack.emulator.faults([{ method: "POST", route: "/workspaces", delayMs: 8_000, times: "forever" }]);
    const command = [resolve(import.meta.dirname, "../../../cli/up.ts"), "--yes", "--skip-preview", "--stack", "test"];
    const npm = spawn(process.execPath, command, { ...stack.place, stdio: "ignore" });
    const family = await familyWhen(npm, () => stack.calls().includes("POST /workspaces"));
    const engine = family.find(({ command }) => command.startsWith("pulumi up"));
    process.kill(engine?.pid ?? assert.fail("no engine"), "SIGKILL");
    await assertGone(family.filter(({ pid }) => pid !== npm.pid));
  });
});

type Family = ReturnType<typeof treeOf>;

/** A process and all that it has started, as soon as a condition holds. */
async function familyWhen({ pid = -1 }: ChildProcess, isSo: (family: Family) => boolean): Promise<Family> {
  for (;;) {
    const family = treeOf(pid);
    if (isSo(family)) return family;
    await pause(50);
  }
}

/** Throws if one of the processes is still there after 5 s. */
async function assertGone(family: Family): Promise<void> {
  const isThere = ({ pid }: { pid: number }) => isLiveProcess(pid);
  const deadline = Date.now() + 5_000;
  while (family.some(isThere) && Date.now() < deadline) await pause(50);
  assert.deepEqual(family.filter(isThere), []);
}
