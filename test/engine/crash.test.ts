import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../emulator/defaultSeed.ts";
import type { FaultRule } from "../../emulator/faults.ts";
import { isLiveProcess } from "../../lib/liveProcess.ts";
import { EngineStack } from "./engineStack.ts";

/* kill -9 of everything in the middle of a call; then one up. FABRIC_CRASH_SWEEP=all tries every call, npm test a few. */

const environment = {
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      users: [{ principal: "alice@contoso.com", role: "Member" }],
      git: {
        gitProviderType: "GitHub",
        ownerName: "contoso",
        repositoryName: "sales",
        branchName: "main",
        directoryName: "/fabric",
        connectionId: known.gitHubConnection,
      },
      items: [
        { name: "bronze", type: "Lakehouse", folder: "/raw" },
        { name: "ingest", path: "fabric/sales/ingest.Notebook" },
      ],
    },
  ],
};
const writes = [
  "/workspaces",
  "/workspaces/{workspaceId}/roleAssignments",
  "/workspaces/{workspaceId}/git/connect",
  "/workspaces/{workspaceId}/git/initializeConnection",
  "/workspaces/{workspaceId}/git/updateFromGit",
  "/workspaces/{workspaceId}/folders",
  "/workspaces/{workspaceId}/items",
];
const sample =
  process.env["FABRIC_CRASH_SWEEP"] === "all"
    ? writes
    : ["/workspaces", "/workspaces/{workspaceId}/git/connect", "/workspaces/{workspaceId}/items"];

/** A process and everything it started, by process id. */
function familyOf(pid: number): number[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = table.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const family = [pid];
  for (const parent of family) family.push(...pairs.filter(([, ppid]) => ppid === parent).map(([child]) => child));
  return family;
}

const pulumiUp = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", "test"];
const projectCommand = (file: string, ...args: string[]) => [
  process.execPath,
  resolve(import.meta.dirname, "../..", file),
  "--stack",
  "test",
  ...args,
];
const projectUp = projectCommand("cli/up.ts", "--yes", "--skip-preview");

/** Runs a command, by default `up`, and kills everything when the rule hits, or only the process itself. */
async function crash(
  stack: EngineStack,
  hit: Promise<void>,
  rule: FaultRule,
  command = pulumiUp,
  whom: "everything" | "onlyItself" = "everything",
): Promise<number[]> {
  stack.emulator.faults([rule]);
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd: stack.folder, env: stack.env, stdio: "ignore" });
  const exit = once(child, "exit");
  await Promise.race([hit, exit.then(() => assert.fail("it ended before the fault"))]);
  const family = familyOf(child.pid ?? 0);
  for (const pid of whom === "everything" ? family.toReversed() : family.slice(0, 1)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended already
    }
  }
  await exit;
  stack.emulator.faults([]);
  return family;
}

describe("after kill -9 in the middle of a call, one up", () => {
  for (const route of sample) {
    for (const [side, rule] of [
      ["before the service acts", { delayMs: 400, drop: "before" }],
      ["after it has acted, before the answer", { holdMs: 400, drop: "after" }],
    ] as const) {
      it(`makes everything as declared, nothing twice and nothing lost: POST ${route}, ${side}`, async () => {
        const hit = Promise.withResolvers<void>();
        await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
        stack.configure(environment);
        await crash(stack, hit.promise, { method: "POST", route, ...rule });
        assert.equal((await stack.run(["cancel", "--yes", "--stack", "test"])).code, 0);
        const up = await stack.up();
        assert.equal(up.code, 0, up.text);
        const { workspaces, roles, folders, items, gitConnections } = stack.emulator.service;
        assert.equal(workspaces.all().length, 1);
        assert.equal(roles.all().length, 2);
        assert.equal(folders.all().length, 1);
        assert.deepEqual(
          items
            .all()
            .map(({ type, displayName }) => `${type} ${displayName}`)
            .sort(),
          ["Lakehouse bronze", "Notebook exploration", "Notebook ingest", "SQLEndpoint bronze"],
        );
        assert.ok(gitConnections.all()[0]?.head);
        assert.deepEqual((await stack.preview()).steps, []);
        const adopted = (await stack.state()).deployment.resources?.filter(
          ({ outputs }) => outputs?.["adopted"] ?? outputs?.["adoptedRole"],
        );
        assert.deepEqual(adopted, [], "what this stack made is its own, and destroy must remove it");
        assert.equal((await stack.destroy()).code, 0);
        assert.deepEqual([workspaces.all(), items.all(), gitConnections.all()], [[], [], []]);
      });
    }
  }
});

describe("after kill -9 of the engine alone", () => {
  it("the provider, the program and the language host stop within a second, and the next up makes nothing twice", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure(environment);
    const rule = { method: "POST", route: "/workspaces/{workspaceId}/items", holdMs: 3_000, drop: "after" } as const;
    const family = await crash(stack, hit.promise, rule, pulumiUp, "onlyItself");
    assert.ok(family.length >= 3, "the engine had no provider and no program");
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
      method: "POST",
      route: "/workspaces/{workspaceId}/items",
      holdMs: 400,
      drop: "after",
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
    await crash(stack, hit.promise, rule, projectUp);
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

  it("is taken back whole by rollback, also what no state has ever known", async () => {
    const hit = Promise.withResolvers<void>();
    await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
    stack.configure(environment);
    await crash(stack, hit.promise, rule, projectUp);
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
    await crash(stack, hits[0]?.promise ?? Promise.reject(new Error()), rule, projectUp);
    const deleting = {
      method: "DELETE",
      route: "/workspaces/{workspaceId}/roleAssignments/{principalId}",
      holdMs: 400,
      drop: "after",
    } as const;
    await crash(stack, hits[1]?.promise ?? Promise.reject(new Error()), deleting, projectCommand("cli/rollback.ts"));
    const rollback = await stack.command("cli/rollback.ts");
    assert.equal(rollback.code, 0, rollback.text);
    assert.ok(isEmpty(stack), "something was left");
  });
});
