import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { Azurite } from "../../doubles/azurite.ts";
import { EngineStack } from "../harness/engineStack.ts";

/* State and transaction log in a storage account: what a run on one machine began, another one can end. */

let azurite: Azurite;
before(async () => {
  azurite = await Azurite.start("logs");
});
after(() => azurite[Symbol.asyncDispose]());

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];
const workspaces = [
  {
    name: "sales",
    displayName: "sales-test",
    capacity: "local",
    users: [{ principal: "alice@contoso.com", role: "Member" }],
    items: [
      { name: "bronze", type: "Lakehouse", folder: "/raw" },
      { name: "flow", type: "DataPipeline" },
    ],
  },
];
const slowItem = { method: "POST", route: "/workspaces/{workspaceId}/items", nth: 2 } as const;

let count = 0;

/** A stack whose log and state lie in storage accounts, each place its own. */
async function started(state: Azurite, onFault?: () => void): Promise<EngineStack> {
  const container = `state-${++count}`;
  await state.makeContainer(container);
  const stack = await EngineStack.start({
    env: { ...state.stateEnv(container), ...azurite.logEnv },
    ...(onFault && { emulator: { onFault } }),
  });
  stack.configure({ features, workspaces, transactionLog: `${azurite.url("logs")}/stack-${count}` });
  return stack;
}

const countsOf = ({ emulator: { service } }: EngineStack) =>
  [service.workspaces, service.roles, service.folders, service.items].map((collection) => collection.all().length);

/** Runs `npm run up`, kills it with everything it started as soon as the fault hits. */
async function killed(stack: EngineStack, hit: Promise<void>): Promise<void> {
  const command = [resolve(import.meta.dirname, "../../../cli/up.ts"), "--stack", "test", ...quick];
  const child = spawn(process.execPath, command, { cwd: stack.folder, env: stack.env, stdio: "ignore" });
  const exit = once(child, "exit");
  await Promise.race([hit, exit.then(() => assert.fail("it ended before the fault"))]);
  const table = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = table.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const family = [child.pid ?? 0];
  for (const parent of family) family.push(...pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid));
  for (const pid of family.toReversed()) process.kill(pid, "SIGKILL");
  await exit;
}

describe("a stack whose state and log lie in a storage account", () => {
  it("A stack whose state and log lie in a storage account is deployed from one machine at a time: the second one is told who is at it, and does nothing", async () => {
    const hit = Promise.withResolvers<void>();
    await using one = await started(azurite, hit.resolve);
    one.emulator.faults([{ ...slowItem, delayMs: 6_000 }]);
    const first = one.command("cli/up.ts", quick);
    await hit.promise;
    const other = one.secondMachine();
    const second = await other.command("cli/up.ts", quick);
    assert.equal(second.code, 1, second.text);
    assert.match(
      second.text,
      /Another deployment of stack 'test' is going on, so nothing was done\. The lock 'test\.run' in http:\S+ is held by process \d+ on \S+ since/,
    );
    const { code, text } = await first;
    assert.equal(code, 0, text);
    assert.deepEqual(countsOf(one).slice(0, 1), [1]);
    other.removeFolder();
  });

  it("A stack whose state and log lie in a storage account is rolled back whole from another machine when the first was killed in the middle of a call", async () => {
    const hit = Promise.withResolvers<void>();
    await using one = await started(azurite, hit.resolve);
    one.emulator.faults([{ ...slowItem, holdMs: 400, drop: "after" }]);
    await killed(one, hit.promise);
    one.emulator.faults([]);
    assert.equal(countsOf(one)[0], 1);
    const other = one.secondMachine();
    assert.equal((await other.run(["cancel", "--yes", "--stack", "test"])).code, 0);
    const rollback = await other.command("cli/rollback.ts");
    assert.equal(rollback.code, 0, rollback.text);
    assert.match(rollback.text, /fully rolled back/);
    assert.deepEqual(countsOf(one), [0, 0, 0, 0]);
    other.removeFolder();
  });
});

describe("a storage account with the state that fails in the middle of an up", () => {
  it("A storage account with the state that fails in the middle of an up costs nothing: the next up goes on by the log, nothing is made twice and nothing is lost", async () => {
    await using state = await Azurite.start();
    const hit = Promise.withResolvers<void>();
    await using stack = await started(state, hit.resolve);
    stack.emulator.faults([{ ...slowItem, delayMs: 1_000 }]);
    const first = stack.command("cli/up.ts", quick);
    await hit.promise;
    await state.stop();
    const failed = await first;
    assert.equal(failed.code, 2, failed.text);
    assert.match(failed.text, /is still open: .* pulumi cancel --stack test .* npm run up -- --stack test/);
    await state.restart();
    assert.equal((await stack.run(["cancel", "--yes", "--stack", "test"])).code, 0);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /was cut off: this run goes on with it/);
    assert.deepEqual((await stack.preview()).steps, []);
    assert.deepEqual(countsOf(stack).slice(0, 3), [1, 2, 1]);
    const types = stack.emulator.service.items.all().map(({ type }) => type);
    assert.deepEqual(types.sort(), ["DataPipeline", "Lakehouse", "SQLEndpoint"]);
    const destroy = await stack.destroy();
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(countsOf(stack), [0, 0, 0, 0]);
  });
});
