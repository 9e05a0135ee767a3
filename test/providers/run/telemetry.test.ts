import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { runChild } from "../../doubles/childRun.ts";
import type { ChildRun } from "../../doubles/childRun.ts";
import { InsightsSink } from "../../doubles/insightsSink.ts";

/*
 * A run of the provider in a process of its own, as the engine would have it: stack `local` on the embedded emulator, one
 * workspace, and the end of the run.
 */
const liveRun = JSON.stringify(resolve(import.meta.dirname, "../../../providers/run/liveRun.ts"));
const visible = JSON.stringify(resolve(import.meta.dirname, "../../../providers/run/visible.ts"));
const script = `const { startRun } = await import(${liveRun});
  const { visibleWorkspaces } = await import(${visible});
  const settings = { stack: "local", endpoint: "emulator", features: {}, credential: "auto", transactionLog: "log" };
  const run = await startRun(settings, process.env);
  const intent = { operation: "create", resourceType: "Workspace", resourceName: "sales", compensation: null };
  const call = { method: "POST", path: "/workspaces", body: { displayName: "sales" } };
  await visibleWorkspaces(run);
  const { id } = await run.create(intent, call, { find: async () => undefined, wasFree: true });
  await run.write({ ...intent, operation: "delete" }, { method: "DELETE", path: "/workspaces/" + id });
  report({ id });
  await run.close();`;

let sink: InsightsSink;
let folder: string;
before(async () => {
  sink = await InsightsSink.start();
});
beforeEach(() => {
  sink.forget();
  folder = mkdtempSync(join(tmpdir(), "run-"));
});
after(() => sink[Symbol.asyncDispose]());

async function runProvider(env: NodeJS.ProcessEnv): Promise<ChildRun> {
  try {
    const run = await runChild(script, { ...sink.env, ...env }, folder);
    assert.equal(run.code, 0, run.stderr);
    return run;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a run of the provider", () => {
  it("A run of the provider tells telemetry its steps and calls, each call below its step, all in the operation of the transaction", async () => {
    const { reported } = await runProvider({ FABRIC_TRANSACTION_ID: "local-1" });
    const records = sink.of("RemoteDependencyData").map(({ tags, data: { baseData } }) => ({
      name: baseData.name,
      id: baseData.id,
      parent: tags["ai.operation.parentId"],
      operation: tags["ai.operation.id"],
      properties: baseData.properties,
    }));
    const recordOf = (name: string) => records.find((record) => record.name === name) ?? assert.fail(name);
    const [create, remove] = [recordOf("CreateWorkspace"), recordOf("DeleteWorkspace")];
    assert.equal(recordOf("POST /v1/workspaces").parent, create.id);
    assert.equal(recordOf("DELETE /v1/workspaces/{id}").parent, remove.id);
    assert.equal(create.parent, remove.parent);
    assert.equal(recordOf("GET /v1/workspaces").parent, create.parent);
    assert.equal(new Set(records.map(({ operation }) => operation)).size, 1);
    for (const { stack, transactionId } of records.map(({ properties }) => properties)) {
      assert.deepEqual([stack, transactionId], ["local", "local-1"]);
    }
    assert.doesNotMatch(JSON.stringify(sink.envelopes), new RegExp(String(reported["id"])));
  });

  it("A run of the provider belongs, in a rollback, to the operation of the deployment that is rolled back", async () => {
    await runProvider({ FABRIC_TRANSACTION_ID: "local-1" });
    folder = mkdtempSync(join(tmpdir(), "run-"));
    await runProvider({ FABRIC_ROLLBACK_OF: "local-1" });
    const steps = sink.named("RemoteDependencyData", "CreateWorkspace");
    assert.equal(steps.length, 2);
    assert.equal(new Set(steps.map(({ tags }) => tags["ai.operation.id"])).size, 1);
  });

  it("A run of the provider takes the transaction that it begins itself, where nobody else has begun one", async () => {
    await runProvider({ FABRIC_TRANSACTION_ID: "" });
    const [step] = sink.named("RemoteDependencyData", "CreateWorkspace");
    assert.match(step?.data.baseData.properties["transactionId"] ?? "", /^local-\d+T\d+Z-/);
  });

  it("A run of the provider loads nothing of the telemetry SDK while telemetry is off", async () => {
    const { modules } = await runProvider({ FEATURE_USE_TELEMETRY: "false" });
    assert.equal(modules.telemetry, 0);
    assert.ok(modules.loaded > 100, JSON.stringify(modules));
    assert.equal(sink.requests.length, 0);
  });

  it("A run of the provider ends by itself, and says that telemetry was not delivered, when the sink hangs", async () => {
    sink.behaviour = "hang";
    const { stderr } = await runProvider({ FABRIC_TRANSACTION_ID: "local-1" });
    assert.ok(sink.requests.length > 0);
    assert.match(stderr, /Telemetry was not delivered/);
  });
});
