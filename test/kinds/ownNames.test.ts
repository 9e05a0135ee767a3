import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { RunFolder } from "../../cli/transaction/runFolder.ts";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import type { CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import { writeDeclaredNames } from "../../lib/checkpoint/runFolder.ts";
import type { DeclaredNames } from "../../lib/checkpoint/runFolder.ts";
import { handlerOf } from "../../providers/engine/handler.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import { startRun } from "../../providers/run/liveRun.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";

/* One object has one owner: names that are swapped, given up and taken, and objects that get another key or have two. */

type Properties = Record<string, unknown>;

/** A resource of the stack. */
interface Resource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly id: string;
  readonly state: Properties;
}

describe("the stack's own objects", () => {
  let emulator: Emulator;
  let folder: string;
  let running: LiveRun | undefined;
  let runFolder: RunFolder | undefined;

  beforeEach(async () => {
    emulator = await startEmulator({ port: 0 });
    folder = mkdtempSync(join(tmpdir(), "fabric-own-"));
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    runFolder?.[Symbol.dispose]();
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process of the provider in a run that begins with these resources and declares these names. */
  async function startProcess(
    own: readonly Resource[] = [],
    declared: DeclaredNames = {},
    features: Readonly<Record<string, boolean>> = {},
  ) {
    await running?.close();
    runFolder?.[Symbol.dispose]();
    const resources = own.map(({ kind, name, id, state }): CheckpointResource => {
      const type = `pulumi-nodejs:dynamic/fabric:${kind.name}`;
      return { urn: `urn:pulumi:test::fabric::${type}::${name}`, type, custom: true, id, outputs: state };
    });
    runFolder = new RunFolder({ version: 3, deployment: { resources } });
    writeDeclaredNames(runFolder.env, declared);
    const configuration = {
      stack: "test",
      features,
      credential: "auto",
      transactionLog: folder,
      endpoint: "emulator",
    };
    const env = {
      FABRIC_ENDPOINT: emulator.url,
      FABRIC_GRAPH_ENDPOINT: emulator.origin,
      FABRIC_RETRY_BASE_MS: "1",
      ...runFolder.env,
    };
    const run = await startRun(configuration, env);
    running = run;
    const host = {
      configuration: () => configuration,
      run: () => Promise.resolve(run),
      failed: () => undefined,
      isSignInRefused: false,
      isLookRefused: false,
    };
    const handlers = new Map<ResourceKind, ReturnType<typeof handlerOf>>();
    const handler = (kind: ResourceKind) => {
      const known = handlers.get(kind) ?? handlerOf(kind, host);
      handlers.set(kind, known);
      return known;
    };
    return {
      async create(kind: unknown, name: string, inputs: Properties): Promise<Resource> {
        const { inputs: checked } = (await handler(kind as ResourceKind).check?.({}, inputs)) ?? { inputs };
        const made = await handler(kind as ResourceKind).create(checked as Properties);
        return { kind: kind as ResourceKind, name, id: made.id, state: made.outs as Properties };
      },
      /** What a refresh does after its read. */
      async compare({ kind, id, state }: Resource): Promise<void> {
        await handler(kind).diff?.(id, state, state);
      },
      async update({ kind, id, state }: Resource, change: Properties): Promise<Properties> {
        const news = { ...state, ...change };
        return (await handler(kind).update?.(id, state, news))?.outs ?? {};
      },
      async delete({ kind, id, state }: Resource): Promise<void> {
        await handler(kind).delete?.(id, state);
      },
    };
  }

  const workspaces = () => emulator.service.workspaces.all().map(({ id, displayName }) => [id, displayName]);
  const items = () => emulator.service.items.all().map(({ id, displayName }) => [id, displayName]);

  /** Two workspaces, and two notebooks in the first. */
  async function populated() {
    const first = await startProcess();
    const a = await first.create(kinds.workspace, "a", { displayName: "north", capacity: "local" });
    const b = await first.create(kinds.workspace, "b", { displayName: "south" });
    const item = (name: string) =>
      first.create(kinds.item, `a/${name}`, { workspaceId: a.id, type: "Notebook", displayName: name });
    return { a, b, one: await item("one"), two: await item("two") };
  }
  const idOf = ({ id }: Resource) => id.split("/").at(-1);

  for (const isAtOnce of [true, false]) {
    const how = isAtOnce ? "at the same time" : "one after the other";
    it(`The stack's own objects swap their names in one run, updated ${how}`, async () => {
      const { a, b, one, two } = await populated();
      const names = { "Workspace::a": "south", "Workspace::b": "north", "Item::a/one": "two", "Item::a/two": "one" };
      const next = await startProcess([a, b, one, two], names);
      const updates = [
        () => next.update(a, { displayName: "south" }),
        () => next.update(b, { displayName: "north" }),
        () => next.update(one, { displayName: "two" }),
        () => next.update(two, { displayName: "one" }),
      ];
      if (isAtOnce) await Promise.all(updates.map((update) => update()));
      else for (const update of updates) await update();
      assert.deepEqual(workspaces(), [
        [a.id, "south"],
        [b.id, "north"],
      ]);
      assert.deepEqual(items(), [
        [idOf(one), "two"],
        [idOf(two), "one"],
      ]);
    });
  }

  it("The stack's own objects give up names that new ones take in the same run, in any order", async () => {
    const { a, b, one, two } = await populated();
    const names = {
      "Workspace::a": "east",
      "Workspace::b": "south",
      "Workspace::c": "north",
      "Item::a/one": "three",
      "Item::a/two": "two",
      "Item::a/more": "one",
    };
    const next = await startProcess([a, b, one, two], names);
    const c = await next.create(kinds.workspace, "c", { displayName: "north" });
    const more = await next.create(kinds.item, "a/more", { workspaceId: a.id, type: "Notebook", displayName: "one" });
    await next.update(a, { displayName: "east" });
    await next.update(one, { displayName: "three" });
    assert.deepEqual(workspaces(), [
      [a.id, "east"],
      [b.id, "south"],
      [c.id, "north"],
    ]);
    assert.deepEqual(items(), [
      [idOf(one), "three"],
      [idOf(two), "two"],
      [idOf(more), "one"],
    ]);
  });

  it("The stack's own objects keep their ids under another key, and stay the stack's own, whether or not adopt is declared", async () => {
    const { a, b, one, two } = await populated();
    const names = {
      "Workspace::north": "north",
      "Workspace::south": "south",
      "Item::north/one": "one",
      "Item::north/two": "two",
    };
    const next = await startProcess([a, b, one, two], names);
    const made = [
      await next.create(kinds.workspace, "north", { displayName: "north", capacity: "local", description: "new" }),
      await next.create(kinds.workspace, "south", { displayName: "South", adopt: true }),
      await next.create(kinds.item, "north/one", { workspaceId: a.id, type: "Notebook", displayName: "one" }),
      await next.create(kinds.item, "north/two", {
        workspaceId: a.id,
        type: "Notebook",
        displayName: "two",
        adopt: true,
      }),
    ];
    assert.deepEqual(
      made.map(({ id, state }) => [id, state["adopted"]]),
      [a, b, one, two].map(({ id }) => [id, undefined]),
    );
    // the engine deletes what is not declared any more
    for (const former of [two, one, b, a]) await next.delete(former);
    assert.deepEqual(workspaces(), [
      [a.id, "north"],
      [b.id, "South"],
    ]);
    assert.equal(emulator.service.workspaces.get(a.id)?.description, "new");
    assert.equal(items().length, 2);
    // and the next run deletes them as what they are: the stack's
    const last = await startProcess(made, {});
    for (const one of made.toReversed()) await last.delete(one);
    assert.deepEqual([workspaces(), items()], [[], []]);
  });

  it("The stack's own objects stay as they are if the deployment that gives them another key fails half-way", async () => {
    const { a, one } = await populated();
    const git = { workspaceId: a.id, ...knownBranch, connectionId: known.gitHubConnection, allowOverwrite: true };
    const first = await startProcess([a, one], { "Workspace::a": "north", "Item::a/one": "one" });
    const connection = await first.create(kinds.gitConnection, "a", git);
    const names = { "Workspace::north": "north", "Item::north/one": "one", "GitConnection::north": null };
    const next = await startProcess([a, one, connection], names, { useRollback: true });
    emulator.faults([
      { method: "PATCH", route: "/workspaces/{workspaceId}/items/{itemId}", status: 400, errorCode: "Broken" },
      { method: "PATCH", route: "/workspaces/{workspaceId}", status: 400, errorCode: "Broken" },
      { method: "POST", route: "/workspaces/{workspaceId}/git/updateFromGit", status: 400, errorCode: "Broken" },
    ]);
    const changed = { description: "new", displayName: "one" };
    const creates = [
      next.create(kinds.item, "north/one", { workspaceId: a.id, type: "Notebook", ...changed }),
      next.create(kinds.workspace, "north", { displayName: "north", description: "new" }),
      next.create(kinds.gitConnection, "north", { ...git, commit: "another", sync: "always" }),
    ];
    const ends = await Promise.allSettled(creates);
    assert.deepEqual(
      ends.slice(0, 2).map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.ok(items().some(([id]) => id === idOf(one)));
    assert.ok(workspaces().some(([id]) => id === a.id));
    assert.ok(emulator.service.gitConnections.get(a.id), "the connection is gone");
  });

  it("The stack's own objects get another key and another spelling of their name after a refresh in the same run", async () => {
    const { a, one } = await populated();
    const next = await startProcess([a, one], { "Workspace::north": "north", "Item::north/one": "ONE" });
    await next.compare(one);
    const inputs = { workspaceId: a.id, type: "Notebook", displayName: "ONE" };
    const { id } = await next.create(kinds.item, "north/one", inputs);
    assert.equal(id, one.id);
  });

  it("The stack's own objects are not deleted in the run after one that gave them another key and was cut off", async () => {
    const { a, one } = await populated();
    const next = await startProcess([a, one], { "Workspace::north": "north", "Item::north/one": "one" });
    const north = await next.create(kinds.workspace, "north", { displayName: "north", capacity: "local" });
    const again = await next.create(kinds.item, "north/one", {
      workspaceId: a.id,
      type: "Notebook",
      displayName: "one",
    });
    const last = await startProcess([a, one, north, again], { "Workspace::north": "north", "Item::north/one": "one" });
    await last.delete(one);
    await last.delete(a);
    assert.equal(emulator.service.workspaces.get(a.id)?.displayName, "north");
    assert.ok(items().some(([, name]) => name === "one"));
  });

  it("The stack's own objects are refused to a second entry before anything is written, with both named", async () => {
    const { a, b, one, two } = await populated();
    const names = {
      "Workspace::a": "north",
      "Workspace::b": "south",
      "Workspace::c": "NORTH",
      "Item::a/one": "one",
      "Item::a/two": "two",
      "Item::a/more": "one",
    };
    const next = await startProcess([a, b, one, two], names);
    for (const adopt of [true, false]) {
      const before = emulator.requests().length;
      await assert.rejects(
        () => next.create(kinds.workspace, "c", { displayName: "NORTH", description: "other", adopt }),
        /workspace 'NORTH' and resource Workspace::a mean the same object.*Declare it once: nothing was done to it/,
      );
      await assert.rejects(
        () =>
          next.create(kinds.item, "a/more", {
            workspaceId: a.id,
            type: "Notebook",
            displayName: "one",
            description: "other",
            adopt,
          }),
        /and resource Item::a\/one mean the same object/,
      );
      const sent = emulator
        .requests()
        .slice(before)
        .map(({ method }) => method);
      assert.ok(!sent.includes("PATCH"), sent.join());
    }
    assert.equal(emulator.service.workspaces.get(a.id)?.description, "");
  });

  it("The stack's own objects leave a name to somebody else's, which stays refused", async () => {
    const { a, b } = await populated();
    emulator.service.workspaces.put({
      id: "99999999-9999-4999-8999-999999999999",
      displayName: "theirs",
      description: "",
      type: "Workspace",
    });
    const next = await startProcess([a, b], { "Workspace::a": "theirs", "Workspace::b": "south" });
    await assert.rejects(() => next.update(a, { displayName: "theirs" }), /WorkspaceNameAlreadyExists/);
    assert.deepEqual(
      workspaces()
        .map(([, name]) => name)
        .sort(),
      ["north", "south", "theirs"],
    );
  });
});
