import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { RunFolder } from "../../cli/transaction/runFolder.ts";
import { handlerOf } from "../../providers/engine/handler.ts";
import { startRun } from "../../providers/run/liveRun.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { Bench, TRANSACTION, deployed } from "./providerBench.ts";

/*
 * The engine can ask for a delete twice, and lets a create follow on it: after a forced replacement that failed half-way, and
 * in one. Both have to be right whatever the delete did: removed the object, gave it back, or left it.
 */

type Properties = Record<string, unknown>;

describe("a delete", () => {
  let emulator: Emulator;
  let folder: string;
  let workspaceId: string;
  let running: LiveRun | undefined;

  /** A process of the provider, as the engine sees it; the one before has ended. */
  async function startProcess(env: NodeJS.ProcessEnv = {}) {
    await running?.close();
    const configuration = { stack: "test", features: {}, credential: "auto", transactionLog: folder };
    const run = await startRun(
      { ...configuration, endpoint: "emulator" },
      {
        FABRIC_ENDPOINT: emulator.url,
        FABRIC_GRAPH_ENDPOINT: emulator.origin,
        FABRIC_RETRY_BASE_MS: "1",
        ...env,
      },
    );
    running = run;
    const failures: unknown[] = [];
    const host = {
      configuration: () => ({ ...configuration, endpoint: "emulator" }),
      run: () => Promise.resolve(run),
      failed: () => void failures.push(true),
      isSignInRefused: false,
      isLookRefused: false,
    };
    const handler = (kind: unknown) => handlerOf(kind as ResourceKind, host);
    return {
      async create(kind: unknown, inputs: Properties) {
        const { inputs: checked } = (await handler(kind).check?.({}, inputs)) ?? { inputs };
        const made = await handler(kind).create(checked as Properties);
        return { kind, id: made.id, state: made.outs as Properties, inputs: checked as Properties };
      },
      async delete({ kind, id, state }: { kind: unknown; id: string; state: Properties }) {
        await handler(kind).delete?.(id, state);
      },
      failures,
    };
  }

  async function call(method: string, path: string, body: unknown): Promise<string> {
    const headers = { authorization: "Bearer somebody", "content-type": "application/json" };
    const answer = await fetch(emulator.url + path, { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return ((await answer.json().catch(() => ({}))) as { id?: string }).id ?? "";
  }

  /** A notebook, a role, a folder that is not empty, and a Git connection: as somebody had made them, or in an empty workspace. */
  async function populate(): Promise<void> {
    const path = `/workspaces/${workspaceId}`;
    await call("POST", `${path}/roleAssignments`, { principal: { id: known.bob, type: "User" }, role: "Viewer" });
    const folderId = await call("POST", `${path}/folders`, { displayName: "reports" });
    await call("POST", `${path}/items`, { displayName: "flow", type: "DataPipeline", folderId });
  }

  const git = () => ({ workspaceId, ...knownBranch, connectionId: known.gitHubConnection });
  const declared = (): [unknown, Properties][] => [
    [kinds.workspaceUser, { workspaceId, principal: "bob@contoso.com", role: "Member" }],
    [kinds.unlistedUsers, { workspaceId, listed: ["bob@contoso.com"] }],
    [kinds.folder, { workspaceId, displayName: "reports" }],
    [kinds.item, { workspaceId, type: "DataPipeline", displayName: "flow", description: "ours", adopt: true }],
    [kinds.workspace, { displayName: "sales", description: "ours", adopt: true }],
  ];

  before(async () => {
    emulator = await startEmulator();
    folder = mkdtempSync(join(tmpdir(), "fabric-deletes-"));
  });
  beforeEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const { id } of emulator.service.workspaces.all()) await call("DELETE", `/workspaces/${id}`, undefined);
    await call("POST", "/workspaces", { displayName: "other" });
    workspaceId = await call("POST", "/workspaces", { displayName: "sales", capacityId: known.activeCapacity });
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
  });
  after(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const world = () => JSON.stringify(emulator.service.store.snapshot());

  for (const isTheirs of [false, true]) {
    it(`A delete that is asked for twice, in one run and in two, does nothing more: ${isTheirs ? "adopted" : "own"} objects`, async () => {
      if (isTheirs) await populate();
      const first = await startProcess();
      const made = isTheirs ? [] : [await first.create(kinds.gitConnection, git())];
      for (const [kind, inputs] of declared())
        // a workspace is made under another name, unless it is taken over
        made.push(await first.create(kind, kind === kinds.workspace && !isTheirs ? { displayName: "own" } : inputs));
      const second = await startProcess();
      for (const one of made.toReversed()) await second.delete(one);
      const afterwards = world();
      for (const one of made.toReversed()) await second.delete(one);
      const third = await startProcess();
      for (const one of made.toReversed()) await third.delete(one);
      assert.equal(world(), afterwards);
      assert.deepEqual([...first.failures, ...second.failures, ...third.failures], []);
    });
  }

  it("A delete of what was in a workspace that is gone is a success, also when no other workspace is left", async () => {
    const first = await startProcess();
    const made = [await first.create(kinds.gitConnection, git())];
    for (const [kind, inputs] of declared().slice(0, -1)) made.push(await first.create(kind, { ...inputs }));
    const second = await startProcess();
    for (const { id } of emulator.service.workspaces.all().filter(({ id }) => id !== workspaceId))
      await call("DELETE", `/workspaces/${id}`, undefined);
    await second.delete({ kind: kinds.workspace, id: workspaceId, state: { displayName: "sales" } });
    for (const one of made) await second.delete(one);
    assert.deepEqual(second.failures, []);
  });

  it("A delete lets the create after it go on with the stack's own object, or with what was adopted and what it had", async () => {
    await populate();
    const first = await startProcess();
    const made = [];
    for (const [kind, inputs] of declared()) made.push(await first.create(kind, inputs));
    const second = await startProcess();
    for (const one of made.toReversed()) await second.delete(one);
    for (const { kind, inputs, state, id } of made) {
      // adopt may have been taken out of the configuration meanwhile
      const again = await second.create(kind, { ...inputs, ...("adopt" in inputs && { adopt: false }) });
      assert.equal(again.id, id);
      assert.deepEqual(
        [again.state["adopted"], again.state["adoptedRole"]],
        [state["adopted"], state["adoptedRole"]],
        (kind as ResourceKind).name,
      );
    }
    assert.deepEqual(second.failures, []);
  });

  it("A delete that an earlier run was asked for leaves the stack's own, in the run that goes on and in a rollback", async () => {
    const first = await startProcess();
    const reports = await first.create(kinds.folder, { workspaceId, displayName: "reports" });
    const type = "pulumi-nodejs:dynamic/fabric:Folder";
    const resource = { urn: "urn", type, custom: true, id: reports.id, outputs: reports.state };
    const deployment = { resources: [{ ...resource, pendingReplacement: true }] };
    writeFileSync(join(folder, "failed.checkpoint.json"), JSON.stringify({ deployment: { resources: [resource] } }));
    using runFolder = new RunFolder({ version: 3, deployment });
    for (const [env, adopted] of [
      [{}, true],
      [runFolder.env, undefined],
      [{ FABRIC_ROLLBACK_OF: "failed" }, undefined],
    ] as const) {
      const next = await startProcess(env);
      const again = await next.create(kinds.folder, { workspaceId, displayName: "reports" });
      assert.deepEqual([again.id, again.state["adopted"]], [reports.id, adopted], JSON.stringify(env));
      rmSync(join(folder, "failed.rollback.log"), { force: true });
    }
  });

  it("A delete that leaves a folder of the stack's own leaves it the stack's own", async () => {
    const first = await startProcess();
    const reports = await first.create(kinds.folder, { workspaceId, displayName: "reports" });
    const path = `/workspaces/${workspaceId}/items`;
    await call("POST", path, { displayName: "flow", type: "DataPipeline", folderId: reports.id.split("/")[1] });
    const second = await startProcess();
    await second.delete(reports);
    const again = await second.create(kinds.folder, { workspaceId, displayName: "reports" });
    assert.deepEqual([again.id, again.state["adopted"]], [reports.id, undefined]);
  });
});

describe("what a delete notes for a rollback", () => {
  it("What a delete notes for a rollback is what the object had just before, also if the run has looked at it earlier", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const item = (displayName: string) => deployed(bench, "item", { workspaceId, type: "Notebook", displayName });
    const [one, two] = [await item("one"), await item("two")];
    const process = await bench.process("item", {}, { run: await bench.run() });
    await process.delete(one.id, one.olds);
    bench.emulator.service.items.change(two.id.split("/")[1] ?? "", { displayName: "theirs" });
    await process.delete(two.id, two.olds);
    const log = await bench.logs().entries(TRANSACTION);
    const names = log.flatMap((entry) => (entry.kind === "intent" ? [entry.before?.["displayName"]] : []));
    assert.deepEqual(names, ["one", "theirs"]);
  });
});
