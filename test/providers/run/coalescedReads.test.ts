import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import { startRun } from "../../../providers/run/liveRun.ts";
import type { LiveRun } from "../../../providers/run/liveRun.ts";
import { OnceInARun } from "../../../providers/run/onceInARun.ts";
import { kinds } from "../../../providers/kinds/kinds.ts";
import type { ResourceKind } from "../../../providers/engine/resourceKind.ts";
import type { Run } from "../../../providers/run/run.ts";

/* A refresh reads objects from lists. It must find what reading each of them by itself finds. */

interface Known {
  readonly kind: ResourceKind;
  readonly id: string;
  readonly state: Record<string, unknown>;
}

const text = (length: number) => "ä'\"/\\ €😀".repeat(length).slice(0, length);

/** Names, descriptions, places and holes that a tenant can have, in every combination, and what was lost of each kind. */
function populate({ service }: Emulator): Known[] {
  const objects: Known[] = [];
  const remember = (kind: unknown, id: string, state: Record<string, unknown>) =>
    objects.push({ kind: kind as ResourceKind, id, state });
  const id = (family: number, index: number) => `${family}0000000-0000-4000-8000-0000000000${index + 10}`;
  const descriptions = ["", undefined, "plain", text(80), " "];
  for (const [index, description] of descriptions.entries()) {
    const workspaceId = id(1, index);
    const capacityId = [known.activeCapacity, undefined, known.secondCapacity][index % 3];
    const displayName = `workspace ${text(index)}`;
    service.workspaces.put({
      id: workspaceId,
      displayName,
      type: "Workspace",
      ...(description !== undefined && { description }),
      ...(capacityId && { capacityId }),
    });
    const role = (principalId: string, role: string) =>
      service.roles.put({ id: `${workspaceId}/${principalId}`, workspaceId, principalId, role });
    role(known.deployer, "Admin");
    remember(kinds.workspace, workspaceId, { displayName, capacity: "local", capacityId: known.activeCapacity });
    for (const [at, principalId] of [known.alice, known.bob, known.carol, known.analysts].entries()) {
      if (at !== index) role(principalId, ["Viewer", "Member", "Admin", "Contributor"][at] ?? "");
      remember(kinds.workspaceUser, `${workspaceId}/${principalId}`, { workspaceId, principal: "x", principalId });
    }
    for (const at of [0, 1, 2]) {
      const folderId = id(2 + at, index);
      const parentFolderId = at > 0 ? id(1 + at, index) : undefined;
      if (index !== 3 || at !== 1)
        service.folders.put({
          id: folderId,
          workspaceId,
          displayName: `folder ${at}`,
          ...(parentFolderId && { parentFolderId }),
        });
      remember(kinds.folder, `${workspaceId}/${folderId}`, { workspaceId, displayName: "?" });
      const itemId = id(6 + at, index);
      const inItem = { type: "Notebook", displayName: `notebook ${text(at)}`, workspaceId };
      if (at !== index)
        service.items.put({
          ...inItem,
          id: itemId,
          description: description ?? "",
          ...(at > 0 && { folderId: id(1 + at, index) }),
        });
      remember(kinds.item, `${workspaceId}/${itemId}`, { ...inItem, displayName: "?" });
    }
  }
  const lost = id(1, 50);
  remember(kinds.workspace, lost, { displayName: "lost" });
  remember(kinds.item, `${lost}/${id(6, 50)}`, { workspaceId: lost, type: "Notebook", displayName: "lost" });
  remember(kinds.workspaceUser, `${lost}/${known.bob}`, { workspaceId: lost, principal: "x", principalId: known.bob });
  return objects;
}

/** The same run without lists of workspaces that hold anything, so that each object is read by itself. */
const alone = (run: Run): Run => ({
  ...run,
  isFirst: () => true,
  listOnce: (path, operation, entry) =>
    path.startsWith("/workspaces/") ? Promise.resolve([]) : run.listOnce(path, operation, entry),
});

describe("a refresh", () => {
  let emulator: Emulator;
  let objects: Known[];
  const runs: LiveRun[] = [];
  const start = async () => {
    const settings = { stack: "test", features: {}, credential: "auto", transactionLog: "/nowhere" };
    const run = await startRun(
      { ...settings, endpoint: "emulator" },
      { FABRIC_ENDPOINT: emulator.url, FABRIC_RETRY_BASE_MS: "1" },
    );
    runs.push(run);
    return run;
  };
  const readAll = (run: Run) =>
    Promise.all(objects.map(async ({ kind, id, state }) => [id, await kind.read(run, id, state)]));

  before(async () => {
    emulator = await startEmulator();
    objects = populate(emulator);
  });
  after(async () => {
    for (const run of runs) await run.close();
    await emulator.close();
  });

  for (const levers of [
    {},
    { pageSize: 1 },
    { pageSize: 3, omitEmptyDescriptions: true },
    { pageSize: 2, upperCaseIds: true, omitEmptyDescriptions: true },
  ]) {
    it(`A refresh reads from lists what it reads one by one, gone objects too: ${JSON.stringify(levers)}`, async () => {
      Object.assign(emulator.service.levers, levers);
      const [fromLists, oneByOne] = [await readAll(await start()), await readAll(alone(await start()))];
      assert.deepEqual(fromLists, oneByOne);
      const gone = fromLists.filter(([, live]) => live === "gone").length;
      assert.equal(gone, 4 + 3 + 1 + 3, "roles, items, a folder, and the lost workspace with what was in it");
    });
  }

  it("A refresh asks for one workspace by itself, and for a list of each kind in each workspace", async () => {
    Object.assign(emulator.service.levers, { pageSize: Number.MAX_SAFE_INTEGER });
    const there = objects.filter(({ id }) => id.startsWith("10000000-0000-4000-8000-000000000014"));
    const run = await start();
    const before = emulator.requests().length;
    for (const { kind, id, state } of there) assert.notEqual(await kind.read(run, id, state), "gone");
    const calls = emulator.requests().slice(before);
    assert.deepEqual(
      calls.map(({ route }) => route),
      [
        "/workspaces/{workspaceId}",
        "/workspaces/{workspaceId}/roleAssignments",
        "/workspaces/{workspaceId}/folders",
        "/workspaces/{workspaceId}/items",
      ],
    );
  });

  it("A refresh reads a list once for all that ask, in whatever shape each of them asks", async () => {
    Object.assign(emulator.service.levers, { pageSize: Number.MAX_SAFE_INTEGER, upperCaseIds: false });
    const run = await start();
    const [path = ""] = objects.flatMap(({ kind, id }) =>
      kind.name === "Item" ? [`/workspaces/${id.split("/")[0]}/items`] : [],
    );
    const before = emulator.requests().length;
    const ids = await run.listOnce(path, "list items", z.object({ id: z.string() }));
    const items = await run.listOnce(path, "list items", itemShape);
    assert.equal(emulator.requests().length, before + 1);
    assert.deepEqual(Object.keys(ids[0] ?? {}), ["id"]);
    assert.deepEqual(
      items.map(({ id, type }) => [id, type]),
      ids.map(({ id }) => [id, emulator.service.items.get(id)?.type]),
    );
    const other = run.listOnce(path, "list items", z.object({ nowhere: z.string() }));
    await assert.rejects(other, /list items failed: .*The list holds an entry of another shape/);
  });

  it("A refresh takes no object for gone when its list cannot be read, and the object neither", async () => {
    const [first] = objects.filter(({ kind }) => kind.name === "Item");
    assert.ok(first);
    emulator.faults([
      { method: "GET", route: "/workspaces/{workspaceId}/items", times: "forever", status: 403, errorCode: "X" },
      {
        method: "GET",
        route: "/workspaces/{workspaceId}/items/{itemId}",
        times: "forever",
        status: 403,
        errorCode: "X",
      },
    ]);
    await assert.rejects(first.kind.read(await start(), first.id, first.state), /X \(403/);
    emulator.faults([]);
  });
});

describe("a list that was asked for", () => {
  const lists = ["/workspaces", "/workspaces/a/items", "/workspaces/a/folders", "/workspaces/b/items"];

  /** Which lists are asked for again after something happened. */
  async function forgottenAfter(happen: (asked: OnceInARun) => void): Promise<string[]> {
    const asked = new OnceInARun();
    for (const path of lists) await asked.get(path, async () => []);
    happen(asked);
    const again: string[] = [];
    for (const path of lists) await asked.get(path, async () => again.push(path));
    return again;
  }

  it("A list that was asked for is asked for again after a write to what is in it, and no other is", async () => {
    const cases: Readonly<Record<string, string[]>> = {
      "/workspaces/a": ["/workspaces"],
      "/workspaces/a/assignToCapacity": ["/workspaces"],
      "/workspaces/a/unassignFromCapacity": ["/workspaces"],
      "/workspaces/a/items/i": ["/workspaces/a/items"],
      "/workspaces/a/items/i/move": ["/workspaces/a/items"],
      "/workspaces/a/folders/f": ["/workspaces/a/folders"],
      "/workspaces/a/git/updateFromGit": ["/workspaces/a/items", "/workspaces/a/folders"],
      "/workspaces/a/roleAssignments/p": [],
    };
    for (const [path, again] of Object.entries(cases))
      assert.deepEqual(await forgottenAfter((asked) => asked.forget(path)), again, path);
  });

  it("A list that was asked for holds what was made since, without being asked for again", async () => {
    const asked = new OnceInARun();
    await asked.get("/workspaces", async () => [{ id: "a" }]);
    asked.add("/workspaces", { id: "b" });
    asked.add("/workspaces/b/items", { id: "c" });
    const never = () => Promise.reject(new Error("asked again"));
    assert.deepEqual(await asked.get("/workspaces", never), [{ id: "a" }, { id: "b" }]);
    await assert.rejects(asked.get("/workspaces/b/items", never), /asked again/);
  });
});
