import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";
import { CTRL_C, ENTER, Terminal } from "./harness/terminal.ts";
import { worldOf } from "./harness/worldOf.ts";
import { begun, command, features, prompt, workspaces } from "./harness/upInATerminal.ts";

/* A person before a terminal: the real prompt, and Ctrl-C. */

describe("npm run up in a terminal", () => {
  it("npm run up in a terminal changes nothing when it is declined at the prompt, or Ctrl-C is pressed there", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces });
    for (const keys of [CTRL_C, ENTER]) {
      using terminal = new Terminal(stack, command);
      await terminal.shows(prompt);
      terminal.type(keys);
      const code = await terminal.ended();
      assert.ok(code === 1 || code === 130, `${code}:\n${terminal.text}`);
      assert.deepEqual(stack.emulator.service.workspaces.all(), []);
    }
    assert.equal((await stack.command("cli/rollback.ts")).code, 1, "there is something to roll back");
  });

  it("npm run up in a terminal waits for the running call after one Ctrl-C, makes no new one, and takes everything back", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    const before = worldOf(stack);
    using terminal = await begun(stack, hit.promise, 1_500);
    terminal.type(CTRL_C);
    assert.equal(await terminal.ended(), 130, terminal.text);
    assert.match(terminal.text, /Rolling back transaction test-\S+\. Reason: interrupted/);
    assert.match(terminal.text, /fully rolled back/);
    assert.deepEqual(worldOf(stack), before);
    assert.equal("pending_operations" in (await stack.state()).deployment, false);
  });
});
