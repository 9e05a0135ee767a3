import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { collection } from "../../emulator/core/collection.ts";
import { defineFamily } from "../../emulator/core/family.ts";
import type { Stored } from "../../emulator/core/store.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { curlOf } from "../../emulator/portal/page/requestsView.mjs";

interface Tree extends Stored {
  readonly workspaceId: string;
  readonly displayName: string;
}
const trees = collection<Tree>("trees", {
  ownedBy: { workspaces: "workspaceId" },
  shows: ({ displayName }) => ({ letters: displayName.length }),
});
const gardening = defineFamily({ name: "gardening", collections: { trees }, routes: [] });

interface Model {
  readonly version: string;
  readonly collections?: readonly {
    name: string;
    family: string;
    ownedBy: Record<string, string>;
    objects: { id: string; name: string; values: Record<string, unknown> }[];
  }[];
}

describe("what the portal asks for", () => {
  let emulator: Emulator;
  const get = async <T>(path: string): Promise<T> => (await (await fetch(emulator.origin + path)).json()) as T;
  beforeEach(async () => {
    emulator = await startEmulator({ portal: true, families: [gardening] });
  });
  afterEach(() => emulator.close());

  it("What the portal asks for holds a family that it has never heard of, from its declaration alone", async () => {
    trees.in(emulator.service).put({ id: "t1", workspaceId: "w1", displayName: "oak" });
    const model = await get<Model>("/_emulator/portal/model");
    const drawn = model.collections?.find(({ name }) => name === "trees");
    assert.deepEqual(drawn, {
      name: "trees",
      family: "gardening",
      ownedBy: { workspaces: "workspaceId" },
      liesIn: {},
      objects: [{ id: "t1", name: "oak", values: { workspaceId: "w1", displayName: "oak", letters: 3 } }],
    });
  });

  it("What the portal asks for comes only once as long as nothing changes, and anew after each change", async () => {
    const first = await get<Model>("/_emulator/portal/model");
    const again = await get<Model>(`/_emulator/portal/model?known=${first.version}`);
    assert.ok(again.collections === undefined || again.version !== first.version);
    trees.in(emulator.service).put({ id: "t1", workspaceId: "w1", displayName: "oak" });
    const changed = await get<Model>(`/_emulator/portal/model?known=${again.version}`);
    assert.ok(changed.collections);
  });

  it("What the portal asks for shows the differences between the versions of an object, its definition by file", async () => {
    const part = (text: string) => ({
      path: "a.py",
      payload: Buffer.from(text).toString("base64"),
      payloadType: "InlineBase64",
    });
    const item = { id: "i1", workspaceId: "w", type: "Notebook", displayName: "n", description: "" };
    emulator.service.items.put({ ...item, parts: [part("one\ntwo\n")] });
    emulator.service.items.change("i1", { parts: [part("one\nTWO\n")] });
    const found = await get<{ changes: { files: object[] }[]; files: { path: string; text: string }[] }>(
      "/_emulator/portal/object?in=items&id=i1",
    );
    assert.deepEqual(
      found.changes.map(({ files }) => files),
      [[{ path: "a.py", lines: ["@@ line 1 @@", " one", "-two", "+TWO"] }]],
    );
    assert.deepEqual(
      found.files.find(({ path }) => path === "a.py"),
      { path: "a.py", text: "one\nTWO\n" },
    );
  });

  it("What the portal's page loads is all served: its style, its script, and the scripts that those import", async () => {
    const served = new Set<string>();
    const load = async (path: string): Promise<void> => {
      if (served.has(path)) return;
      served.add(path);
      const answer = await fetch(emulator.origin + path);
      assert.equal(answer.status, 200, path);
      const text = await answer.text();
      const named = text.matchAll(/(?:src|href)="(\/[^"]+)"|from "\.(\/\w+\.mjs)"/g);
      for (const [, absolute, sibling] of named) await load(absolute ?? `/_emulator/portal${sibling}`);
    };
    await load("/");
    for (const name of ["portal.css", "portal.mjs", "faultsView.mjs"])
      assert.ok(served.has(`/_emulator/portal/${name}`), name);
  });

  it("What the portal asks for is not there in an emulator without it, as the one inside the provider process", async () => {
    const plain = await startEmulator();
    try {
      assert.equal((await fetch(`${plain.origin}/_emulator/portal/model`)).status, 401);
      assert.equal((await fetch(`${plain.origin}/`)).status, 401);
    } finally {
      await plain.close();
    }
  });

  it("The control plane takes nothing from pages of other sites", async () => {
    const reset = (origin: string) =>
      fetch(`${emulator.origin}/_emulator/reset`, { method: "POST", headers: { Origin: origin } });
    assert.equal((await reset("https://evil.example")).status, 403);
    assert.equal((await reset("null")).status, 403);
    assert.equal((await reset("http://127.0.0.1:1")).status, 403);
    assert.equal((await reset(emulator.origin)).status, 200);
  });

  it("The control plane adds and removes single fault rules, counts their hits, and tells them in the requests", async () => {
    const control = (method: string, path: string, body?: object) =>
      fetch(`${emulator.origin}/_emulator/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    await control("POST", "faults", [{ method: "GET", status: 503, errorCode: "Busy", times: "forever" }]);
    await control("POST", "faults/more", [{ method: "POST", status: 400 }]);
    assert.equal((await control("POST", "faults/more", [{ status: "no number" }])).status, 400);
    await fetch(`${emulator.url}/workspaces`, { headers: { Authorization: "Bearer x" } });
    const list = await get<{ hits: number }[]>("/_emulator/faults");
    assert.deepEqual(
      list.map(({ hits }) => hits),
      [1, 0],
    );
    const [request] = emulator.requests();
    assert.deepEqual([request?.isHit, request?.errorCode], [true, "Busy"]);
    await control("DELETE", "faults/0");
    await fetch(`${emulator.url}/workspaces`, { headers: { Authorization: "Bearer x" } });
    assert.deepEqual([emulator.requests()[1]?.isHit, emulator.requests()[1]?.status], [undefined, 200]);
  });

  it("The control plane sets the levers that a body names, and refuses names and values that there are not", async () => {
    const tell = (levers: unknown) =>
      fetch(`${emulator.origin}/_emulator/levers`, { method: "POST", body: JSON.stringify(levers) });
    const before = await get<Record<string, unknown>>("/_emulator/levers");
    assert.equal((await tell(before)).status, 200);
    assert.equal((await tell({ pageSize: 7 })).status, 200);
    assert.deepEqual(await get("/_emulator/levers"), { ...before, pageSize: 7 });
    for (const wrong of [{ pagesize: 3 }, { timing: "recroded" }, { speed: "50" }, "fast"])
      assert.equal((await tell(wrong)).status, 400, JSON.stringify(wrong));
    assert.deepEqual(await get("/_emulator/levers"), { ...before, pageSize: 7 });
    assert.equal((await tell(before)).status, 200);
  });

  it("The control plane loads what it has saved, and refuses what is no snapshot without changing anything", async () => {
    const state = await get<Record<string, unknown[]>>("/_emulator/state");
    trees.in(emulator.service).put({ id: "t1", workspaceId: "w1", displayName: "oak" });
    const load = (body: unknown) =>
      fetch(`${emulator.origin}/_emulator/state`, { method: "POST", body: JSON.stringify(body) });
    for (const wrong of [[], { trees: [{}] }, { unheardOf: [] }]) assert.equal((await load(wrong)).status, 400);
    assert.equal(trees.in(emulator.service).all().length, 1);
    assert.equal((await load(state)).status, 200);
    assert.deepEqual(await get("/_emulator/state"), state);
  });

  it("A request is copied as a command of curl that any shell reads as it was, without a token", () => {
    const text = curlOf("http://127.0.0.1:1", {
      method: "POST",
      path: "/workspaces",
      query: "a=1&b='x'",
      body: { displayName: `it's; $(rm -rf /) "quoted"` },
    });
    assert.equal(
      text,
      `curl -X POST 'http://127.0.0.1:1/v1/workspaces?a=1&b='\\''x'\\''' -H "Authorization: Bearer $TOKEN" ` +
        `-H 'Content-Type: application/json' -d '{"displayName":"it'\\''s; $(rm -rf /) \\"quoted\\""}'`,
    );
  });
});
