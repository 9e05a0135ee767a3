import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { projectCommand } from "../harness/crash.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { CTRL_C } from "../harness/terminal.ts";
import { worldOf } from "../harness/worldOf.ts";
import { begun, createItem, workspaces } from "../harness/upInATerminal.ts";

/* A person before a terminal: the real prompt, and Ctrl-C. */

describe("npm run rollback whose terminal is closed", () => {
  it("npm run rollback whose terminal is closed goes on to its end", async () => {
    await using stack = await EngineStack.start();
    const before = worldOf(stack);
    stack.configure({ features: { useRetryLogic: true }, workspaces });
    stack.emulator.faults([{ ...createItem, status: 400, errorCode: "Broken" }]);
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 2);
    const [program = "", ...args] = projectCommand("cli/rollback.ts");
    const child = spawn(program, args, { cwd: stack.folder, env: stack.env, stdio: ["ignore", "pipe", "pipe"] });
    const exit = once(child, "exit");
    await once(child.stderr, "data");
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill("SIGHUP");
    assert.deepEqual(await exit, [0, null]);
    assert.deepEqual(worldOf(stack), before);
  });
});

describe("npm run up in a terminal", () => {
  it("npm run up in a terminal stops at once after a second Ctrl-C, says what is there, and rollback takes it back", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    const before = worldOf(stack);
    using terminal = await begun(stack, hit.promise, 20_000);
    terminal.type(CTRL_C);
    await terminal.shows(/\^C received; cancelling/);
    const pressed = performance.now();
    terminal.type(CTRL_C);
    assert.equal(await terminal.ended(), 130, terminal.text);
    assert.ok(performance.now() - pressed < 15_000, "it did not stop at once");
    assert.match(terminal.text, /was stopped\. What it did remains:\s+created Workspace 'sales-test'/);
    assert.match(terminal.text, /created DataPipeline|created Item 'flow' \(perhaps\)/);
    const rollback = await stack.command("cli/rollback.ts");
    assert.equal(rollback.code, 0, rollback.text);
    assert.deepEqual(worldOf(stack), before);
  });
});
