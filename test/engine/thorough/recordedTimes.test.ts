import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { benchWorkspaces } from "../../../bench/workspace.ts";
import type { EmulatorOptions } from "../../../emulator/emulator.ts";
import { crash, projectCommand } from "../harness/crash.ts";
import { EngineStack } from "../harness/engineStack.ts";

/* A service that takes as long as it was recorded to, 50 times faster, and refuses above its quotas. */

const slow = { timing: "recorded", speed: 50, quota: "documented" } as const satisfies EmulatorOptions;
const env = { FABRIC_RETRY_BASE_MS: "40" };
const up = ["--yes", "--skip-preview"];

describe("a service with recorded times and quotas", () => {
  it("A service with recorded times and quotas is deployed to, changed and cleaned up, without a refused call and without a poll too many", async () => {
    await using stack = await EngineStack.start({ emulator: slow, env });
    const workspaces = benchWorkspaces(6);
    const well = async (command: Promise<{ readonly code: number; readonly text: string }>) => {
      const { code, text } = await command;
      assert.equal(code, 0, text);
    };
    stack.configure({ workspaces });
    await well(stack.command("cli/up.ts", up));
    await well(stack.preview({}, "--expect-no-changes"));
    stack.configure({ workspaces: workspaces.map((one) => ({ ...one, description: "second" })) });
    await well(stack.command("cli/up.ts", up));
    const { operations } = stack.emulator.service;
    const requests = stack.emulator.requests();
    const polls = requests.filter(({ route }) => route === "/operations/{operationId}").length;
    assert.ok(polls <= 6 * operations.all().length, `${polls} polls of ${operations.all().length} operations`);
    await well(stack.command("cli/pulumiCommand.ts", ["destroy", ...up]));
    assert.equal(stack.emulator.service.workspaces.all().length, 0);
    const refused = requests.filter(({ status }) => status === 429).length;
    assert.ok(refused / requests.length < 1 / 1000, `${refused} of ${requests.length} calls were refused`);
  });

  it("A service with recorded times and quotas goes on with an operation whose run was killed: the next up waits for it, and makes nothing twice", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { ...slow, onFault: hit.resolve }, env });
    stack.configure({ workspaces: benchWorkspaces(1) });
    await crash(stack, hit.promise, {
      command: projectCommand("cli/up.ts", ...up),
      rule: { method: "GET", route: "/operations/{operationId}", delayMs: 5_000, times: "forever" },
    });
    const { code, text } = await stack.command("cli/up.ts", up);
    assert.equal(code, 0, text);
    assert.match(text, /Waiting for (create|update) \w+ '.*': an earlier run has begun it/);
    const { items, workspaces } = stack.emulator.service;
    const own = items.all().filter(({ type }) => type !== "SQLEndpoint");
    assert.deepEqual([workspaces.all().length, own.length], [1, 3]);
    const again = await stack.preview({}, "--expect-no-changes");
    assert.equal(again.code, 0, again.text);
  });
});
