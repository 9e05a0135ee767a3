import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";
import type { ResourceKind } from "../../../providers/engine/resourceKind.ts";
import { kinds } from "../../../providers/kinds/kinds.ts";
import { JUST_MS, JustRead } from "../../../providers/run/justRead.ts";
import { startRun } from "../../../providers/run/liveRun.ts";
import type { LiveRun } from "../../../providers/run/liveRun.ts";

/* An update looks at each object before it writes. One list serves all objects of a holder that a run changes. */

const id = (family: number, index: number) => `${family}0000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
const workspaceId = id(1, 0);
const origin = { origin: "x" };

interface Held {
  readonly kind: ResourceKind;
  readonly id: string;
  readonly state: Record<string, unknown>;
  readonly wanted: Record<string, unknown>;
}

describe("an update of several objects", () => {
  let emulator: Emulator;
  let run: LiveRun;
  const logs = mkdtempSync(join(tmpdir(), "fabric-just-"));
  after(() => rmSync(logs, { recursive: true, force: true }));

  beforeEach(async () => {
    emulator = await startEmulator();
    emulator.service.workspaces.put({ id: workspaceId, displayName: "sales", description: "", type: "Workspace" });
    role(known.deployer, "Admin");
    const settings = { stack: "test", features: {}, credential: "auto", transactionLog: logs };
    run = await startRun(
      { ...settings, endpoint: "emulator" },
      { FABRIC_ENDPOINT: emulator.url, FABRIC_RETRY_BASE_MS: "1" },
    );
  });
  afterEach(async () => {
    await run.close();
    await emulator.close();
  });

  const role = (principalId: string, role: string) =>
    emulator.service.roles.put({ id: `${workspaceId}/${principalId}`, workspaceId, principalId, role });

  function items(count: number): Held[] {
    return Array.from({ length: count }, (_, index) => {
      const inputs = { workspaceId, type: "Lakehouse", displayName: `lake_${index}`, description: "" };
      const itemId = id(2, index);
      emulator.service.items.put({ ...inputs, id: itemId });
      const wanted = { ...inputs, description: "second" };
      return {
        kind: kinds.item,
        id: `${workspaceId}/${itemId}`,
        state: { ...inputs, ...origin },
        wanted,
      };
    });
  }
  function workspaces(count: number): Held[] {
    return Array.from({ length: count }, (_, index) => {
      const inputs = { displayName: `workspace ${index}`, description: "", adopt: false };
      const own = id(3, index);
      emulator.service.workspaces.put({ ...inputs, id: own, type: "Workspace" });
      emulator.service.roles.put({
        id: `${own}/${known.deployer}`,
        workspaceId: own,
        principalId: known.deployer,
        role: "Admin",
      });
      const wanted = { ...inputs, description: "second" };
      return { kind: kinds.workspace, id: own, state: { ...inputs, ...origin }, wanted };
    });
  }
  function roles(): Held[] {
    return [known.alice, known.bob, known.analysts].map((principalId) => {
      role(principalId, "Viewer");
      const inputs = { workspaceId, principal: principalId, type: "User", role: "Viewer" };
      const kind = kinds.workspaceUser as unknown as ResourceKind;
      const state = { ...inputs, principalId, ...origin };
      return { kind, id: `${workspaceId}/${principalId}`, state, wanted: { ...inputs, role: "Member" } };
    });
  }

  const update = ({ kind, id, state, wanted }: Held) => kind.update(run, id, state, wanted);
  /** The reads and writes of some work, by route. */
  async function callsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const first = emulator.requests().length;
    await work();
    const routes = emulator.requests().slice(first);
    const counts = Map.groupBy(routes, ({ method, route }) => `${method} ${route ?? ""}`);
    return Object.fromEntries([...counts].map(([route, calls]) => [route, calls.length]));
  }

  it("Updates of twenty items of a workspace read its list of items once, whether they run at once or in turn", async () => {
    const [some, others] = [items(40).slice(0, 20), items(40).slice(20)];
    const wanted = {
      "GET /workspaces/{workspaceId}/items": 1,
      "PATCH /workspaces/{workspaceId}/items/{itemId}": 20,
    };
    assert.deepEqual(await callsOf(() => Promise.all(some.map(update))), wanted);
    const inTurn = await callsOf(async () => {
      for (const one of others) await update(one);
    });
    assert.deepEqual(inTurn, { "PATCH /workspaces/{workspaceId}/items/{itemId}": 20 }, "the list is still young");
    for (const { id } of [...some, ...others])
      assert.equal(emulator.service.items.get(id.split("/")[1] ?? "")?.description, "second");
  });

  it("An update of one workspace reads it by itself, and updates of fifty read one workspace and the list of all", async () => {
    const [first, ...rest] = workspaces(50);
    assert.ok(first);
    const one = await callsOf(() => update(first));
    assert.deepEqual(one, { "GET /workspaces/{workspaceId}": 1, "PATCH /workspaces/{workspaceId}": 1 });
    const all = await callsOf(() => Promise.all(rest.map(update)));
    assert.deepEqual(all, { "GET /workspaces": 1, "PATCH /workspaces/{workspaceId}": 49 });
  });

  it("Updates of the roles of a workspace read its list of roles once", async () => {
    const calls = await callsOf(() => Promise.all(roles().map(update)));
    assert.deepEqual(calls, {
      "GET /workspaces/{workspaceId}/roleAssignments": 1,
      "PATCH /workspaces/{workspaceId}/roleAssignments/{principalId}": 3,
    });
  });

  it("A second update of an object reads the object by itself, because the list is older than the first one", async () => {
    const [one] = items(2);
    assert.ok(one);
    await update(one);
    const back = { ...one, state: { ...one.wanted, ...origin }, wanted: { ...one.wanted, description: "" } };
    const calls = await callsOf(() => update(back));
    assert.equal(calls["GET /workspaces/{workspaceId}/items/{itemId}"], 1);
    assert.equal(calls["PATCH /workspaces/{workspaceId}/items/{itemId}"], 1, "what the list says would need no write");
  });

  it("An object that its list lacks or that no list shows to this identity is read by itself", async () => {
    const [one, two] = items(2);
    assert.ok(one && two);
    const list = { method: "GET", route: "/workspaces/{workspaceId}/items", times: "forever" } as const;
    emulator.faults([{ ...list, status: 403, errorCode: "InsufficientPrivileges" }]);
    const calls = await callsOf(() => update(one));
    assert.equal(calls["GET /workspaces/{workspaceId}/items/{itemId}"], 1);
    emulator.faults([]);
    emulator.service.items.delete(two.id.split("/")[1] ?? "");
    await assert.rejects(update(two), /EntityNotFound|ItemNotFound/);
  });

  it("A value that somebody has changed is found in the list as it is in the object itself", async () => {
    const [one] = items(1);
    assert.ok(one);
    const itemId = one.id.split("/")[1] ?? "";
    const live = emulator.service.items.get(itemId);
    assert.ok(live);
    emulator.service.items.put({ ...live, description: "theirs" });
    const strict: LiveRun = { ...run, onDrift: "fail" };
    await assert.rejects(one.kind.update(strict, one.id, one.state, one.wanted), /description is "theirs" instead of/);
    assert.equal(emulator.service.items.get(itemId)?.description, "theirs");
  });
});

describe("a list that was read to change its objects", () => {
  const path = "/workspaces/w/items";
  const isA = ({ id }: { id: string }) => id === "a";

  function list(): {
    read: JustRead;
    asked: () => Promise<{ id: string } | undefined>;
    count: () => number;
    pass: (ms: number) => void;
  } {
    let now = 0;
    let count = 0;
    const read = new JustRead({ now: () => now });
    const ask = () => Promise.resolve([{ id: "a", nth: ++count }]);
    return {
      read,
      asked: () => read.entry(path, ask, isA),
      count: () => count,
      pass: (ms) => (now += ms),
    };
  }

  it("A list counts for half a minute, and is then read again", async () => {
    const { asked, count, pass } = list();
    await asked();
    pass(JUST_MS);
    await asked();
    assert.equal(count(), 1);
    pass(1);
    await asked();
    assert.equal(count(), 2);
  });

  it("No entry counts for an object that a path of a write names, in any spelling and by any collection", async () => {
    for (const written of [
      "/workspaces/w/items/a",
      "/workspaces/W/items/A",
      "/workspaces/w/items/a/move",
      "/workspaces/w/items/a/updateDefinition",
      "/workspaces/w/notebooks/a",
      "/workspaces/w/git/updateFromGit",
    ]) {
      const { asked, read, count } = list();
      const before = asked();
      read.wrote(written);
      assert.equal(await before, undefined, `${written}: written while the list was on its way`);
      if (written.includes("/git/")) {
        await asked();
        assert.equal(count(), 2, "the list is read again");
      } else assert.equal(await asked(), undefined, written);
    }
  });

  it("An entry counts after writes to other objects", async () => {
    for (const written of [
      "/workspaces/w/items/b",
      "/workspaces/w/items",
      "/workspaces/v/items/a",
      "/workspaces/v/git/connect",
    ]) {
      const { asked, read, count } = list();
      await asked();
      read.wrote(written);
      assert.ok(await asked(), written);
      assert.equal(count(), 1);
    }
  });

  it("A list that could not be read is read again", async () => {
    const { read } = list();
    await assert.rejects(
      read.entry(path, () => Promise.reject<{ id: string }[]>(new Error("away")), isA),
      /away/,
    );
    assert.ok(await read.entry(path, () => Promise.resolve([{ id: "a" }]), isA));
  });
});
