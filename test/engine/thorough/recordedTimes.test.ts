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
