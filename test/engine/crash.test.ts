import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
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
  it("the provider, the program and the language host stop within a second, and the next up makes nothing twice", async () => {
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

describe("an up with useRollback whose engine is killed by kill -9", () => {
  it("rolls back by itself, past the lock that the engine left", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure({ features: { useRetryLogic: true, useRollback: true }, ...environment });
    const rule = { method: "POST", route: "/workspaces/{workspaceId}/items", holdMs: 600, drop: "after" } as const;
    let [code, text]: [number | null, string] = [null, ""];
    const onEnd = (...ended: [number | null, string]) => ([code, text] = ended);
    await crash(stack, hit.promise, { command: projectUp, rule, victim: "engine", onEnd });
    assert.equal(code, 1, text);
    assert.match(text, /fully rolled back/);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
  });
});

describe("after kill -9, an up with another declaration", () => {
  it("takes what had been made, and makes it as it is declared now", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    const { git: _git, ...plain } = environment.workspaces[0] ?? assert.fail();
    const declare = (description: string, role: string) =>
      stack.configure({
        workspaces: [
          {
            ...plain,
            description,
            users: [{ principal: "alice@contoso.com", role }],
            items: [{ name: "flow", type: "DataPipeline", description }],
          },
        ],
      });
    declare("before", "Member");
    await crash(stack, hit.promise, {
      command: pulumi("up"),
      rule: { method: "POST", route: "/workspaces/{workspaceId}/items", holdMs: 400, drop: "after" },
    });
    assert.equal((await stack.run(["cancel", "--yes", "--stack", "test"])).code, 0);
    declare("after", "Viewer");
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const { workspaces, items, roles } = stack.emulator.service;
    assert.deepEqual(
      workspaces.all().map(({ description }) => description),
      ["after"],
    );
    assert.deepEqual(
      items.all().map(({ description }) => description),
      ["after"],
    );
    assert.equal(roles.get(`${workspaces.all()[0]?.id}/${known.alice}`)?.role, "Viewer");
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

  it("is gone on with by the next up, which frees the stack's lock and commits", async () => {
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

  it("leaves nothing to npm run destroy, which frees the lock and removes what no state has known", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure(environment);
    const first = { method: "POST", route: "/workspaces", holdMs: 400, drop: "after" } as const;
    await crash(stack, hit.promise, { command: projectUp, rule: first });
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
    const destroy = await stack.command("cli/pulumiCommand.ts", ["destroy", "--yes", "--skip-preview"]);
    assert.equal(destroy.code, 0, destroy.text);
    assert.match(destroy.text, /Cleaning up Workspace 'sales-test'/);
    assert.ok(isEmpty(stack), "something was left");
    assert.equal((await stack.command("cli/rollback.ts")).code, 1, "the transaction is still open");
  });

  it("is taken back whole by rollback, also what no state has ever known", async () => {
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

  it("is taken back whole by a second rollback, when the first was cut off as well", async () => {
    const hits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let count = 0;
    await using stack = await EngineStack.start({ emulator: { onFault: () => hits[count++]?.resolve() } });
    stack.configure(environment);
    await crash(stack, hits[0]?.promise ?? Promise.reject(new Error()), { command: projectUp, rule });
    const deleting = {
      method: "DELETE",
      route: "/workspaces/{workspaceId}/roleAssignments/{principalId}",
      holdMs: 400,
      drop: "after",
    } as const;
    await crash(stack, hits[1]?.promise ?? Promise.reject(new Error()), {
      command: projectCommand("cli/rollback.ts"),
      rule: deleting,
    });
    const rollback = await stack.command("cli/rollback.ts");
    assert.equal(rollback.code, 0, rollback.text);
    assert.ok(isEmpty(stack), "something was left");
  });
});
