import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { DeploymentEvents } from "../../../cli/transaction/deploymentEvents.ts";
import type { Leftover } from "../../../cli/transaction/leftovers.ts";
import { FeatureFlags } from "../../../lib/featureFlags.ts";
import type { Entry } from "../../../lib/transactions/entry.ts";
import { InsightsSink } from "../../doubles/insightsSink.ts";

let sink: InsightsSink;
before(async () => {
  sink = await InsightsSink.start();
});
beforeEach(() => sink.forget());
after(() => sink[Symbol.asyncDispose]());

const settingsOf = (env: NodeJS.ProcessEnv) => ({ flags: FeatureFlags.load({}, env), keyVaultUrl: undefined });
const open = () => DeploymentEvents.open("dev", "dev-1", settingsOf(sink.env), sink.env);
/** Name and properties of each event that arrived, without what every record has. */
const events = () =>
  sink.of("EventData").map(({ data }) => {
    const { stack, transactionId, projectVersion, durationMs, ...properties } = data.baseData.properties;
    assert.deepEqual([stack, transactionId, typeof projectVersion], ["dev", "dev-1", "string"]);
    return [data.baseData.name, properties, durationMs === undefined ? "no duration" : Number(durationMs) >= 0];
  });

/** A log of one create, update and delete that were done, and of a create that was refused. */
const entries = (
  [
    ["create", "done"],
    ["update", "done"],
    ["delete", "done"],
    ["create", "failed"],
  ] as const
).flatMap(([operation, kind], nth) => [
  { kind: "intent", step: `${nth}`, operation, resourceType: "Item", resourceName: "i", compensation: null },
  { kind, step: `${nth}`, resourceId: "id", reason: "refused" },
]) as unknown as Entry[];

describe("what telemetry learns of a deployment", () => {
  it("What telemetry learns of a deployment is, of one that is committed, its beginning, counts, duration and the record that stands above all others", async () => {
    const deployment = await open();
    deployment.started(false);
    deployment.succeeded(entries);
    await deployment.close();
    assert.deepEqual(events(), [
      ["DeploymentStarted", { isResumed: "false" }, "no duration"],
      ["DeploymentSuccess", { created: "1", updated: "1", deleted: "1", failed: "1" }, true],
    ]);
    const [record, ...others] = sink.of("RequestData");
    assert.deepEqual(
      [record?.data.baseData.name, record?.data.baseData.success, others.length],
      ["Deployment", true, 0],
    );
  });

  it("What telemetry learns of a deployment is, of one that fails and is rolled back, reason and counts, and the rollback's beginning and end", async () => {
    const deployment = await open();
    deployment.started(true);
    deployment.failed("interrupted", entries);
    assert.deepEqual(await deployment.rollback("interrupted", () => Promise.resolve([])), []);
    await deployment.close();
    assert.deepEqual(events(), [
      ["DeploymentStarted", { isResumed: "true" }, "no duration"],
      ["DeploymentFailed", { reason: "interrupted", created: "1", updated: "1", deleted: "1", failed: "1" }, true],
      ["RollbackStarted", { reason: "interrupted" }, "no duration"],
      ["RollbackCompleted", { remaining: "0" }, true],
    ]);
    assert.match(JSON.stringify(sink.of("ExceptionData")), /Deployment failed: interrupted/);
    assert.deepEqual(
      sink.of("RequestData").map(({ data }) => data.baseData.success),
      [false],
    );
  });

  it("What telemetry learns of a deployment is, of a rollback that leaves something, how much; of one that breaks, the exception", async () => {
    const deployment = await open();
    const leftovers = [{}, {}] as Leftover[];
    assert.equal(await deployment.rollback("asked for", () => Promise.resolve(leftovers)), leftovers);
    await assert.rejects(
      deployment.rollback("asked for", () => Promise.reject(new Error("no checkpoint"))),
      /no checkpoint/,
    );
    await deployment.close();
    assert.deepEqual(
      events().filter(([name]) => name !== "RollbackStarted"),
      [
        ["RollbackIncomplete", { remaining: "2" }, true],
        ["RollbackIncomplete", {}, true],
      ],
    );
    assert.match(JSON.stringify(sink.of("ExceptionData")), /no checkpoint/);
  });

  it("What telemetry learns of a deployment is nothing while telemetry is off", async () => {
    const env = { ...sink.env, FEATURE_USE_TELEMETRY: "false" };
    const deployment = await DeploymentEvents.open("dev", "dev-1", settingsOf(env), env);
    deployment.started(false);
    deployment.failed("interrupted", entries);
    await deployment.close();
    assert.equal(sink.requests.length, 0);
  });
});
