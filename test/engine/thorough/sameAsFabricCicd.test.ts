import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";
import { EngineStack } from "../harness/engineStack.ts";

/*
 * The same folder, published by fabric-cicd and by this project, gives the same definitions. FABRIC_CICD_PYTHON names a Python
 * that has fabric-cicd 1.4 (`pip install fabric-cicd==1.4.0`).
 */
const python = process.env["FABRIC_CICD_PYTHON"];
const folder = resolve(import.meta.dirname, "../../../fabric/retail");

/** Differences that are meant, with their reason. */
const MEANT: Readonly<Record<string, string>> = {
  "Notebook 'explore' format":
    "fabric-cicd names no format if a notebook has no settings; the service then expects source files",
  "Notebook 'loadOrders' format": "the same the other way round: no format is needed for source files",
};

interface Part {
  readonly path: string;
  readonly payload: string;
}
interface Sent {
  readonly type: string;
  readonly displayName: string;
  readonly creationPayload?: unknown;
  readonly definition?: { readonly format?: string; readonly parts: readonly Part[] };
}

describe("a folder that fabric-cicd publishes too", { skip: !python && "FABRIC_CICD_PYTHON names no Python" }, () => {
  it("A folder that fabric-cicd publishes too is sent with the same definitions", async () => {
    const theirs = await startEmulator();
    await using closing = new AsyncDisposableStack();
    closing.defer(() => theirs.close());
    const workspaceId = await workspaceOn(theirs);
    const script = join(import.meta.dirname, "fabricCicd/publish.py");
    await promisify(execFile)(python ?? "", [script, theirs.origin, workspaceId, folder, "dev"], {
      maxBuffer: 1 << 26,
    });

    await using stack = await EngineStack.start();
    stack.configure({
      environment: "dev",
      workspaces: [{ name: "retail", capacity: "local", items: [{ from: "fabric/retail" }] }],
    });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const [their, our] = [contentOf(theirs), contentOf(stack.emulator)];
    const differences = Object.keys({ ...their, ...our })
      .filter((key) => their[key] !== our[key])
      .filter((key) => !(key in MEANT));
    assert.deepEqual(
      differences.map((key) => [key, their[key], our[key]]),
      [],
    );
  });
});

describe("a workspace that fabric-cicd has filled", { skip: !python && "FABRIC_CICD_PYTHON names no Python" }, () => {
  it("A workspace that fabric-cicd has filled comes under management with one key, and no content is sent again", async () => {
    await using stack = await EngineStack.start();
    const workspaceId = await workspaceOn(stack.emulator);
    const script = join(import.meta.dirname, "fabricCicd/publish.py");
    const args = [script, stack.emulator.origin, workspaceId, folder, "dev"];
    await promisify(execFile)(python ?? "", args, { maxBuffer: 1 << 26 });
    const before = stack.emulator.requests().length;
    stack.configure({
      environment: "dev",
      workspaces: [{ name: "retail", capacity: "local", adopt: true, items: [{ from: "fabric/retail", adopt: true }] }],
    });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const names = new Map(stack.emulator.service.items.all().map(({ id, displayName }) => [id, displayName]));
    const sent = stack.emulator.requests().slice(before);
    const again = sent.flatMap(({ path }) => /\/items\/([^/]+)\/updateDefinition$/.exec(path)?.[1] ?? []);
    assert.deepEqual(
      again.map((id) => names.get(id)),
      [],
    );
    const preview = await stack.preview();
    assert.deepEqual([preview.code, preview.steps], [0, []], preview.text);
  });
});

async function workspaceOn(emulator: Emulator): Promise<string> {
  const { url } = emulator;
  const post = async (path: string, body: object) => {
    const headers = { authorization: "Bearer made-up", "content-type": "application/json" };
    return fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  };
  const { id } = (await (await post("/workspaces", { displayName: "retail" })).json()) as { id: string };
  const [capacity] = emulator.state()["capacities"] as { id: string }[];
  await post(`/workspaces/${id}/assignToCapacity`, { capacityId: capacity?.id });
  return id;
}

/** What was sent for each item, file by file, with names instead of ids. */
function contentOf(emulator: Emulator): Record<string, string> {
  const state = emulator.state() as Record<
    string,
    { id: string; type?: string; displayName: string; workspaceId?: string }[]
  >;
  const names = [
    ...(state["items"] ?? []).map(({ id, type, displayName }) => [id, `${type} '${displayName}'`] as const),
    ...(state["workspaces"] ?? []).map(({ id }) => [id, "the workspace"] as const),
  ];
  // the emulator gives each cluster an address of its own
  const named = (text: string) =>
    names.reduce((line, [id, name]) => line.replaceAll(id, name), text).replaceAll(/trd-[\da-z]+\.z\d/g, "cluster");
  const found: Record<string, string> = {};
  for (const { method, path, body } of emulator.requests()) {
    const { type, displayName, definition, creationPayload } = (body ?? {}) as Partial<Sent>;
    const id = /\/items\/([^/]+)\/updateDefinition$/.exec(path)?.[1];
    const item = id === undefined ? `${type} '${displayName}'` : (names.find(([known]) => known === id)?.[1] ?? "");
    if (method !== "POST" || (id === undefined && !path.endsWith("/items"))) continue;
    if (creationPayload) found[`${item} payload`] = JSON.stringify(creationPayload);
    if (definition?.format) found[`${item} format`] = definition.format;
    for (const part of definition?.parts ?? []) found[`${item} ${part.path}`] = named(comparable(part));
  }
  return found;
}

/** JSON means the same in any layout. */
function comparable({ payload }: Part): string {
  const text = Buffer.from(payload, "base64").toString();
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
