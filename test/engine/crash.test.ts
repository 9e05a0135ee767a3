import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isLiveProcess } from "../../lib/logStore/liveProcess.ts";
import { crash, projectCommand, pulumi } from "./harness/crash.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { salesBranch } from "./harness/salesBranch.ts";

/* kill -9 in the middle of a call, and what the commands do about it. Every call has its turn in crashSweep.test.ts. */

const environment = {
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      users: [{ principal: "alice@contoso.com", role: "Member" }],
      git: salesBranch,
      items: [
        { name: "bronze", type: "Lakehouse", folder: "/raw" },
        { name: "ingest", path: "fabric/sales/ingest.Notebook" },
      ],
    },
  ],
};
const projectUp = projectCommand("cli/up.ts", "--yes", "--skip-preview");

describe("after kill -9 of the engine alone", () => {
  it("After kill -9 of the engine alone the provider, the program and the language host stop within a second, and the next up makes nothing twice", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure(environment);
    const rule = { method: "POST", route: "/workspaces/{workspaceId}/items", holdMs: 3_000, drop: "after" } as const;
    const family = await crash(stack, hit.promise, { command: pulumi("up"), rule, victim: "engine" });
    assert.ok(family && family.length >= 3, "the engine had no provider and no program");
    const deadline = Date.now() + 1_000;
    while (family.some(isLiveProcess) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(family.filter(isLiveProcess), []);
    assert.equal((await stack.run(["cancel", "--yes", "--stack", "test"])).code, 0);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const lakehouses = stack.emulator.service.items.all().filter(({ type }) => type === "Lakehouse");
    assert.deepEqual([stack.emulator.service.workspaces.all().length, lakehouses.length], [1, 1]);
  });
});

describe("a transaction that was cut off by kill -9 of everything", () => {
  const rule = {
    method: "POST",
    route: "/workspaces/{workspaceId}/items",
    nth: 2,
    holdMs: 400,
    drop: "after",
  } as const;
  const isEmpty = ({ emulator: { service } }: EngineStack) =>
    [service.workspaces, service.items, service.folders, service.roles, service.gitConnections].every(
      (collection) => collection.all().length === 0,
    );

  it("A transaction that was cut off by kill -9 of everything is gone on with by the next up, which frees the stack's lock and commits", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure(environment);
    await crash(stack, hit.promise, { command: projectUp, rule });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /locked by process \d+ .* which is gone: the lock is removed/);
    assert.match(up.text, /Transaction test-\S+ was cut off: this run goes on with it/);
    assert.deepEqual((await stack.preview()).steps, []);
    const { deployment } = await stack.state();
    assert.equal("pending_operations" in deployment, false, "a pending operation stayed in the state");
    assert.equal((await stack.command("cli/rollback.ts")).code, 1, "a committed transaction was rolled back");
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
  });

  it("A transaction that was cut off by kill -9 of everything is taken back whole by rollback, also what no state has ever known", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure(environment);
    await crash(stack, hit.promise, { command: projectUp, rule });
    assert.equal(isEmpty(stack), false);
    const rollback = await stack.command("cli/rollback.ts");
    assert.equal(rollback.code, 0, rollback.text);
    assert.match(rollback.text, /fully rolled back/);
    assert.ok(isEmpty(stack), "something was left");
  });
});
