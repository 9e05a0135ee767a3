import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { crash, projectCommand, pulumi } from "../harness/crash.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";

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

describe("after kill -9, a rollback", () => {
  it("After kill -9, a rollback gives a name back that an object of the killed run has taken and no state knows", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    const declare = (...names: string[]) =>
      stack.configure({
        features: { useRetryLogic: true, useRollback: true },
        workspaces: [
          {
            ...{ name: "sales", displayName: "sales-test", capacity: "local" },
            items: names.map((displayName, nth) => ({ name: `item ${nth}`, type: "DataPipeline", displayName })),
          },
        ],
      });
    const items = () => stack.emulator.service.items.all().map(({ id, displayName }) => [id, displayName]);
    declare("flow");
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 0, up.text);
    const before = items();
    declare("flow given", "flow");
    await crash(stack, hit.promise, {
      command: projectUp,
      rule: { method: "POST", route: "/workspaces/{workspaceId}/items", holdMs: 400, drop: "after" },
    });
    assert.equal(items().length, 2);
    const rollback = await stack.command("cli/rollback.ts", ["--yes"]);
    assert.match(rollback.text, /fully rolled back/);
    assert.doesNotMatch(rollback.text, /To be done by hand/);
    assert.deepEqual(items(), before);
    declare("flow");
    assert.deepEqual((await stack.preview()).steps, []);
  });
});

describe("after kill -9, an up of a part of the stack", () => {
  const parts = {
    "npm run up": {
      run: (stack: EngineStack, args: readonly string[], env: NodeJS.ProcessEnv) =>
        stack.command("cli/up.ts", args, env),
      says: /--target left out a part of stack 'test', so transaction test-\S+ of an earlier run stays open/,
    },
    "pulumi up": {
      run: async (stack: EngineStack, args: readonly string[], env: NodeJS.ProcessEnv) => {
        await stack.run(["cancel", "--yes", "--stack", "test"]);
        return stack.run(["up", ...args], env);
      },
      says: /Transaction test-\S+ stays open: .* this one did not come to (Workspace|Item) '/,
    },
  };
  for (const [name, part] of Object.entries(parts))
    it(`After kill -9, an up of a part of the stack deletes nothing that the killed run made, and leaves its transaction to the next up or to a rollback: ${name}`, () =>
      upOfAPart(part.run, part.says));

  async function upOfAPart(run: (typeof parts)["npm run up"]["run"], says: RegExp): Promise<void> {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    // as in a stack of a hundred resources or more: the killed run saves no state
    const env = { PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_EXPERIMENTAL: "true" };
    const lake = { name: "bronze", type: "Lakehouse" };
    const sales = { name: "sales", displayName: "sales-test", capacity: "local", items: [lake] };
    const other = { name: "other", displayName: "other-test", capacity: "local" };
    stack.configure({ features: { useRetryLogic: true, useRollback: true }, workspaces: [sales, other] });
    const rule = { method: "POST", route: "/workspaces/{workspaceId}/items", holdMs: 1_000, drop: "after" } as const;
    await crash(stack, hit.promise, { command: projectUp, rule, env });
    const { workspaces, items } = stack.emulator.service;
    const lakes = () => items.all().filter(({ type }) => type === "Lakehouse");
    const ids = () => [...workspaces.all(), ...lakes()].map(({ id }) => id).toSorted();
    const made = ids();
    assert.equal(made.length, 3);

    const quick = ["--yes", "--skip-preview"];
    const part = await run(stack, [...quick, "--target", "**other**"], env);
    assert.equal(part.code, 0, part.text);
    assert.match(part.text, says);
    assert.deepEqual(ids(), made);

    await using taken = await EngineStack.copyOf(stack);
    const rollback = await taken.command("cli/rollback.ts", []);
    assert.equal(rollback.code, 0, rollback.text);
    assert.equal(taken.emulator.service.workspaces.all().length, 0);

    const whole = await stack.command("cli/up.ts", quick, env);
    assert.equal(whole.code, 0, whole.text);
    assert.deepEqual(ids(), made);
    assert.deepEqual((await stack.preview()).steps, []);
    assert.equal((await stack.command("cli/rollback.ts")).code, 1, "the transaction is still open");
  }
});

describe("after kill -9, an up with another declaration", () => {
  it("After kill -9, an up with another declaration takes what had been made, and makes it as it is declared now", async () => {
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

describe("a side file of the state that was being written at kill -9", () => {
  it("A side file of the state that was being written at kill -9 does not stop the next command", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [] });
    const first = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(first.code, 0, first.text);
    const state = join(stack.folder, "state/.pulumi");
    writeFileSync(join(state, "stacks/fabric/test.json.zst.attrs"), "");
    const broken = await stack.run(["stack", "--stack", "test"]);
    assert.match(broken.text, /failed to load checkpoint: EOF/, "the file harms nothing any more: this can go");
    const lock = { pid: spawnSync(process.execPath, ["-e", ""]).pid, hostname: hostname(), timestamp: "yesterday" };
    mkdirSync(join(state, "locks/organization/fabric/test"), { recursive: true });
    writeFileSync(join(state, "locks/organization/fabric/test/1.json"), JSON.stringify(lock));
    const next = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(next.code, 0, next.text);
  });
});

describe("an up with useRollback whose engine is killed by kill -9", () => {
  it("An up with useRollback whose engine is killed rolls back by itself, past the lock that the engine left", async () => {
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

  it("A transaction that was cut off by kill -9 of everything leaves nothing to npm run destroy, which frees the lock and removes what no state has known", async () => {
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

  it("A transaction that was cut off by kill -9 of everything is taken back whole by a second rollback, when the first was cut off as well", async () => {
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
