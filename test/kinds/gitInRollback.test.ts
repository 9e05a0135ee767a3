import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { changesOf } from "../../emulator/families/branches.ts";
import { notebookParts } from "../notebookSource.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, deployed } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";

/* Which item Git takes for which file, after a rollback has connected a workspace to its former folder again. */

const notebook = (displayName: string, content = displayName) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: notebookParts(content),
});
const elsewhere = { ...knownBranch, directoryName: "/elsewhere" };

/** A workspace that is synced with a folder of notebooks. */
async function synced() {
  const bench = await Bench.start();
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  bench.emulator.commit(
    knownBranch,
    ["orders", "prices", "stock"].map((name) => notebook(name)),
  );
  bench.emulator.commit(elsewhere, [notebook("other")]);
  const git = await deployed(bench, "gitConnection", inputsFor(workspaceId, knownBranch));
  return { bench, git };
}

const inputsFor = (workspaceId: string, details: typeof knownBranch) => ({
  ...{ workspaceId, ...details, connectionId: known.gitHubConnection, sync: "initial" },
  ...{ initializationStrategy: "PreferRemote", allowOverwrite: true },
});

async function updated(bench: Bench, git: Deployed, to: Properties, env: NodeJS.ProcessEnv = {}): Promise<Properties> {
  const process = await bench.process("gitConnection", env);
  try {
    return (await process.update(git.id, git.olds, { ...git.olds, ...to })).outs as Properties;
  } finally {
    await process.end();
  }
}

/** The differences of workspace and branch. */
function differences({ emulator: { service } }: Bench, { id }: Deployed): string[] {
  const connection = service.gitConnections.get(id);
  assert.ok(connection?.head);
  const branch = service.branches.all().find(({ head }) => head === connection.head);
  return changesOf(service as never, connection as never, branch?.items ?? []).map(
    ({ itemMetadata: { displayName }, workspaceChange, remoteChange }) =>
      `${displayName}: ${workspaceChange ?? "-"} here, ${remoteChange ?? "-"} there`,
  );
}

const named = ({ emulator: { service } }: Bench, displayName: string) => {
  const item = service.items.all().find((one) => one.displayName === displayName);
  assert.ok(item, `no item is named ${displayName}`);
  return item;
};

/** What the workspace holds, without ids. */
const held = ({ emulator: { service } }: Bench) =>
  service.items
    .all()
    .map(({ displayName, description, parts }) => JSON.stringify({ displayName, description, parts }))
    .toSorted();

/** Changes that were never committed: an item was edited, one was made, and one was deleted. */
function leaveUncommitted(bench: Bench): void {
  const { items } = bench.emulator.service;
  const prices = named(bench, "prices");
  items.change(prices.id, { description: "by hand", parts: notebookParts("by hand") });
  items.put({ ...prices, id: "item-own", displayName: "own", parts: notebookParts("own") });
  items.delete(named(bench, "stock").id);
}

/** Deploys the other folder and gives a name to another item, and rolls back all but what {@link givenBack} does. */
async function exchanged({ bench, git }: { bench: Bench; git: Deployed }): Promise<void> {
  const { items } = bench.emulator.service;
  const orders = named(bench, "orders");
  const moved = await updated(bench, git, { directoryName: elsewhere.directoryName });
  items.change(orders.id, { displayName: "orders of 2025" });
  items.put({ ...orders, id: "orders-new" });
  await updated(bench, { ...git, olds: moved }, { directoryName: knownBranch.directoryName }, rollback);
  items.delete("orders-new");
  items.change(orders.id, { displayName: "orders" });
}

describe("Git in a rollback", { concurrency: 4 }, () => {
  it("Git takes each item for its own file again, if names were exchanged while a rollback connected the workspace", async () => {
    const { bench, git } = await synced();
    await using _bench = bench;
    const before = held(bench);
    await exchanged({ bench, git });
    assert.deepEqual(differences(bench, git), [
      "orders: Deleted here, - there",
      "orders: Added here, - there",
      "other: Added here, - there",
    ]);
    assert.deepEqual(await givenBack(bench, git, git), { isChanged: true, left: [] });
    assert.deepEqual(differences(bench, git), []);
    assert.deepEqual(held(bench), before);
  });

  it("Git takes each item for its own file again, and what was never committed stays as it was", async () => {
    const { bench, git } = await synced();
    await using _bench = bench;
    leaveUncommitted(bench);
    const before = { held: held(bench), differences: differences(bench, git) };
    await exchanged({ bench, git });
    const given = await givenBack(bench, git, git);
    assert.deepEqual(given, { isChanged: true, left: [] });
    assert.deepEqual({ held: held(bench), differences: differences(bench, git) }, before);
  });

  it("A workspace is synced with its former folder again, if a change of folder failed and what it held was never committed", async () => {
    const { bench, git } = await synced();
    await using _bench = bench;
    leaveUncommitted(bench);
    const before = { held: held(bench), differences: differences(bench, git) };
    const { gitConnections } = bench.emulator.service;
    const { head } = gitConnections.get(git.id) ?? {};
    bench.emulator.faults([{ method: "POST", route: "/workspaces/{workspaceId}/git/connect", status: 400 }]);
    await assert.rejects(updated(bench, git, { directoryName: elsewhere.directoryName }), /connected to .* again/);
    assert.equal(gitConnections.get(git.id)?.head, undefined);
    assert.deepEqual(await givenBack(bench, git, git), { isChanged: true, left: [] });
    assert.equal(gitConnections.get(git.id)?.head, head);
    assert.deepEqual({ held: held(bench), differences: differences(bench, git) }, before);
  });

  it("What a rollback makes anew stays, also if the branch has a file of its name", async () => {
    const { bench, git } = await synced();
    await using _bench = bench;
    const { items } = bench.emulator.service;
    const moved = await updated(bench, git, { directoryName: elsewhere.directoryName });
    items.delete(named(bench, "stock").id);
    await updated(bench, { ...git, olds: moved }, { directoryName: knownBranch.directoryName }, rollback);
    const restoring = await bench.process("item", rollback);
    await restoring.create({ workspaceId: git.id, type: "Notebook", displayName: "stock" });
    await restoring.end();
    await givenBack(bench, git, git);
    // its content, which this test does not send, is all that differs
    assert.deepEqual(differences(bench, git), ["stock: Modified here, - there"]);
  });

  for (const [what, rule] of Object.entries({
    refused: { status: 400, errorCode: "Broken" },
    "lost before its effect": { drop: "before", sticky: true, times: 4 },
    "lost after its effect": { drop: "after", sticky: true, times: 4 },
  } as const)) {
    it(`If a call of a sync in a rollback is ${what}, the next rollback ends the sync`, async () => {
      for (const route of ["disconnect", "connect", "initializeConnection", "status", "updateFromGit"]) {
        const { bench, git } = await synced();
        await using _bench = bench;
        leaveUncommitted(bench);
        const before = { held: held(bench), differences: differences(bench, git) };
        await exchanged({ bench, git });
        const method = route === "status" ? "GET" : "POST";
        bench.emulator.faults([{ ...rule, method, route: `/workspaces/{workspaceId}/git/${route}` }]);
        await givenBack(bench, git, git).catch(() => undefined);
        bench.emulator.faults([]);
        assert.deepEqual((await givenBack(bench, git, git))?.left, [], route);
        assert.deepEqual({ held: held(bench), differences: differences(bench, git) }, before, route);
      }
    });
  }
});
