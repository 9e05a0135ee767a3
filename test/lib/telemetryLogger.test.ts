import assert from "node:assert/strict";
import { resolve } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { z } from "zod";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import { TelemetryLogger } from "../../lib/telemetryLogger.ts";
import type { TelemetryLoggerOptions } from "../../lib/telemetryLogger.ts";
import { runChild } from "../doubles/childRun.ts";
import { InsightsSink } from "../doubles/insightsSink.ts";
import type { Envelope } from "../doubles/insightsSink.ts";
import { TestService } from "../emulator/client.ts";
import { ImpatientClock } from "./fakeClock.ts";

const module = JSON.stringify(resolve(import.meta.dirname, "../../lib/telemetryLogger.ts"));

let sink: InsightsSink;
before(async () => {
  sink = await InsightsSink.start();
});
beforeEach(() => sink.forget());
after(() => sink[Symbol.asyncDispose]());

/** Longest flush of a test that is about what arrives, in ms: a busy machine takes its time to load the SDK and to send. */
const PATIENT_MS = 20_000;
const loggerOf = (options: TelemetryLoggerOptions = {}) =>
  new TelemetryLogger({
    env: sink.env,
    deployment: () => ({ stack: "dev", transactionId: "dev-1" }),
    flushDeadlineMs: PATIENT_MS,
    ...options,
  });
const dataOf = ({ data }: Envelope) => data.baseData;
const operationOf = ({ tags }: Envelope) => tags["ai.operation.id"];
const parentOf = ({ tags }: Envelope) => tags["ai.operation.parentId"];
const only = (envelopes: Envelope[]): Envelope => {
  assert.equal(envelopes.length, 1);
  return envelopes[0] as Envelope;
};

describe("telemetry", () => {
  it("Telemetry sends events, metrics and exceptions with their properties", async () => {
    const logger = loggerOf();
    logger.trackEvent("WorkspaceCreated", { workspaceName: "sales", count: 3, users: ["a"] });
    logger.trackMetric("DeploymentDuration", 45.2, { scenario: "test" });
    logger.trackException(new TypeError("kaput"), { operation: "create" });
    await logger.flush();
    const { properties } = dataOf(only(sink.named("EventData", "WorkspaceCreated")));
    assert.deepEqual([properties["workspaceName"], properties["count"], properties["users"]], ["sales", "3", '["a"]']);
    assert.match(JSON.stringify(sink.of("MetricData")), /DeploymentDuration.*45\.2.*"scenario":"test"/);
    assert.match(JSON.stringify(only(sink.of("ExceptionData"))), /TypeError.*kaput.*"operation":"create"/);
  });

  it("Telemetry tells of an operation how long it took and how it ended, and passes result and exception on", async () => {
    const logger = loggerOf();
    assert.equal(await logger.operation("CreateWorkspace", { name: "a" }, () => Promise.resolve(42)), 42);
    await assert.rejects(
      logger.operation("CreateWorkspace", { name: "b" }, () => Promise.reject(new Error("no"))),
      /no/,
    );
    await logger.flush();
    const events = sink.named("EventData", "CreateWorkspace").map((event) => dataOf(event).properties);
    assert.deepEqual(
      events.map(({ name, success, durationMs }) => [name, success, Number(durationMs) >= 0]),
      [
        ["a", "true", true],
        ["b", "false", true],
      ],
    );
    const steps = sink.named("RemoteDependencyData", "CreateWorkspace").map(dataOf);
    assert.deepEqual(
      steps.map(({ type, success }) => [type, success]),
      [
        ["InProc", true],
        ["InProc", false],
      ],
    );
    assert.equal(sink.of("ExceptionData").length, 1);
  });

  it("Telemetry tells of each attempt of a call its route, status, number and request, and nothing of ids, query, body or token", async () => {
    await using service = await TestService.start();
    service.emulator.faults([{ method: "POST", route: "/workspaces", status: 429, errorCode: "RequestBlocked" }]);
    const logger = loggerOf();
    const client = new FabricClient({
      endpoint: service.emulator.url,
      tokens: { name: "test", token: () => Promise.resolve("canary-token") },
      flags: FeatureFlags.load({ useRetryLogic: true }, {}),
      clock: new ImpatientClock(),
      env: {},
      onAttempt: (attempt) => logger.trackCall(attempt),
    });
    const body = { displayName: "canary-body" };
    const { id } = await client.send({
      method: "POST",
      path: "/workspaces",
      body,
      operation: "create",
      answer: z.object({ id: z.string() }),
    });
    await client.send({ method: "GET", path: `/workspaces/${id}`, query: { x: "canary-query" }, operation: "read" });
    client.close();
    await logger.flush();
    const calls = sink.of("RemoteDependencyData").map(dataOf);
    const { host } = new URL(service.emulator.url);
    assert.deepEqual(
      calls.map(({ name, type, target, data, resultCode, success, properties }) => [
        ...[name, type, target, data, resultCode, success, properties["attempt"]],
      ]),
      [
        ["POST /v1/workspaces", "Http", host, `http://${host}/v1/workspaces`, "429", false, "1"],
        ["POST /v1/workspaces", "Http", host, `http://${host}/v1/workspaces`, "201", true, "2"],
        ["GET /v1/workspaces/{id}", "Http", host, `http://${host}/v1/workspaces/{id}`, "200", true, "1"],
      ],
    );
    const requestIds = calls.map(({ properties }) => properties["requestId"]);
    assert.deepEqual(new Set(requestIds).size, 3);
    for (const { duration } of calls) assert.match(String(duration), /^00:00:0\d\.\d+$/);
    assert.doesNotMatch(JSON.stringify(sink.envelopes), new RegExp(`canary|${id}`));
  });

  it("Telemetry gives the records of one transaction one operation, also those of another process: deployment, step, call", async () => {
    const logger = loggerOf();
    logger.trackEvent("DeploymentStarted");
    logger.trackDeployment(true, 5_000);
    await logger.flush();
    const { reported } = await runChild(
      `import { TelemetryLogger } from ${module};
      const logger = new TelemetryLogger({ flushDeadlineMs: ${PATIENT_MS} });
      await logger.operation("CreateWorkspace", {}, async () => {
        await new Promise(setImmediate);
        logger.trackCall({ method: "POST", origin: "https://h", route: "/v1/workspaces", status: 201, durationMs: 9, attempt: 1 });
      });
      report({ at: Date.now() });
      await logger.flush();`,
      { ...sink.env, FABRIC_TRANSACTION_ID: "dev-1" },
    );
    const deployment = only(sink.named("RequestData", "Deployment"));
    const step = only(sink.named("RemoteDependencyData", "CreateWorkspace"));
    const call = only(sink.named("RemoteDependencyData", "POST /v1/workspaces"));
    assert.equal(parentOf(deployment), undefined);
    assert.equal(parentOf(only(sink.named("EventData", "DeploymentStarted"))), dataOf(deployment).id);
    assert.equal(parentOf(step), dataOf(deployment).id);
    assert.equal(parentOf(call), dataOf(step).id);
    const event = only(sink.named("EventData", "CreateWorkspace"));
    assert.equal(parentOf(event), dataOf(step).id);
    // its own time, and not that of the SDK's being ready
    assert.ok(Date.parse(event.time) <= Number(reported["at"]), event.time);
    const operations = new Set(sink.envelopes.filter(({ data }) => data.baseType !== "MetricData").map(operationOf));
    assert.equal(operations.size, 1);
    assert.match([...operations][0] ?? "", /^[0-9a-f]{32}$/);
    assert.equal(dataOf(step).properties["transactionId"], "dev-1");
    assert.notEqual(step.tags["ai.cloud.roleInstance"], deployment.tags["ai.cloud.roleInstance"]);
  });

  it("Telemetry keeps steps apart that run at the same time, and nests those that are inside others", async () => {
    const logger = loggerOf({ deployment: () => ({}) });
    const step = (name: string, work = () => new Promise<void>(setImmediate)) =>
      logger.operation(name, {}, async () => {
        await work();
        logger.trackEvent(`in ${name}`);
      });
    await step("All", async () => {
      await Promise.all([step("One"), step("Two")]);
    });
    await logger.flush();
    const idOf = (name: string) => dataOf(only(sink.named("RemoteDependencyData", name))).id;
    const parent = (baseType: string, name: string) => parentOf(only(sink.named(baseType, name)));
    for (const name of ["One", "Two"]) {
      assert.equal(parent("RemoteDependencyData", name), idOf("All"));
      assert.equal(parent("EventData", `in ${name}`), idOf(name));
    }
    assert.equal(parent("RemoteDependencyData", "All"), undefined);
    assert.equal(new Set(sink.of("RemoteDependencyData").map(operationOf)).size, 1);
  });

  it("Telemetry puts stack, version and transaction on every record, names its role, and samples nothing", async () => {
    const logger = loggerOf();
    for (let nth = 0; nth < 300; nth++) await logger.operation("Step", {}, () => Promise.resolve());
    logger.trackException(new Error("e"));
    logger.trackDeployment(false, 1);
    await logger.flush();
    assert.equal(sink.named("RemoteDependencyData", "Step").length, 300);
    assert.equal(sink.named("EventData", "Step").length, 300);
    for (const { tags, sampleRate, data } of sink.envelopes) {
      assert.equal(sampleRate, 100);
      assert.equal(tags["ai.cloud.role"], "fabric-environments");
      assert.match(tags["ai.cloud.roleInstance"] ?? "", new RegExp(`:${process.pid}$`));
      // the SDK's own record, which describes the role
      if (JSON.stringify(data).includes("_OTELRESOURCE_")) continue;
      const { stack, transactionId, projectVersion } = data.baseData.properties;
      assert.deepEqual([stack, transactionId], ["dev", "dev-1"]);
      assert.match(projectVersion ?? "", /^\d+\.\d+\.\d+/);
    }
  });

  it("Telemetry never carries a secret: not by its name, not by its value, not in a call, a stack or a token", async () => {
    const env = { ...sink.env, AZURE_CLIENT_SECRET: "canary-env", PULUMI_CONFIG_PASSPHRASE: "canary-env-longer" };
    const learned: string[] = [];
    const logger = loggerOf({ env, secrets: () => learned });
    learned.push("canary-learned");
    const texts = "canary-env canary-env-longer canary-learned Bearer canary.token-value eyJcanary12.eyJcanary.canary";
    logger.trackEvent(`e ${texts}`, {
      clientSecret: "canary-key",
      nested: { password: "canary-key", list: [{ apiKey: "canary-key" }, texts] },
      text: texts,
      error: new Error(texts),
      "x-api-key": ["canary-key"],
    });
    logger.trackMetric(`m ${texts}`, 1, { text: texts });
    const error = new Error(texts);
    Object.assign(error, {
      config: { headers: { Authorization: "Bearer canary" } },
      stack: `Error\n    at ${texts} (f.ts:1:1)`,
    });
    await assert.rejects(logger.operation(`o ${texts}`, { text: texts }, () => Promise.reject(error)));
    const call = {
      method: "GET",
      origin: "https://h",
      status: 200,
      durationMs: 1,
      attempt: 1,
      requestId: "canary-learned",
    };
    logger.trackCall({ ...call, route: "/v1/canary-learned" });
    logger.trackDeployment(true, 1);
    await logger.flush();
    const types = new Set(sink.envelopes.map(({ data }) => data.baseType));
    assert.equal(types.size, 5);
    assert.doesNotMatch(JSON.stringify(sink.envelopes), /canary|longer/);
  });

  it("Telemetry does not fail, and still tells the event, when a property cannot be sent", async () => {
    const logger = loggerOf();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    logger.trackEvent("Odd", { circle, big: 1n, nothing: undefined, call: () => 1 });
    await logger.flush();
    assert.equal(dataOf(only(sink.named("EventData", "Odd"))).properties["big"], "1");
  });

  it("Telemetry leaves OpenTelemetry's global interface to Pulumi", async () => {
    const logger = loggerOf();
    await logger.operation("Step", {}, () => Promise.resolve());
    await logger.flush();
    const { trace, context, metrics } =
      (globalThis as unknown as Record<symbol, Record<string, unknown> | undefined>)[
        Symbol.for("opentelemetry.js.api.1")
      ] ?? {};
    assert.deepEqual([trace, context, metrics], [undefined, undefined, undefined]);
  });

  it("Telemetry keeps its own operation and parents where somebody else's trace is going on", async () => {
    await runChild(
      `import { context, trace } from "@opentelemetry/api";
      import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
      import { TelemetryLogger } from ${module};
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
      const theirs = { traceId: "a".repeat(32), spanId: "a".repeat(16), traceFlags: 1 };
      const logger = new TelemetryLogger({ flushDeadlineMs: ${PATIENT_MS} });
      await context.with(trace.setSpanContext(context.active(), theirs), async () => {
        await logger.operation("Step", {}, async () => logger.trackEvent("Inside"));
        logger.trackDeployment(true, 1);
        logger.trackException(new Error("e"));
        await logger.flush();
      });`,
      { ...sink.env, FABRIC_TRANSACTION_ID: "dev-1" },
    );
    assert.equal(parentOf(only(sink.named("RequestData", "Deployment"))), undefined);
    assert.equal(sink.named("RemoteDependencyData", "Step").length, 1);
    assert.doesNotMatch(JSON.stringify(sink.envelopes), /a{16}/);
  });

  it("Telemetry loads the SDK when it is on, and nothing of it while it is off", async () => {
    const script = `import { getTelemetryLogger } from ${module};
      const logger = getTelemetryLogger();
      logger.trackEvent("e");
      await logger.operation("o", {}, async () => 1);
      await logger.flush();`;
    const on = await runChild(script, sink.env);
    const off = await runChild(script, { ...sink.env, FEATURE_USE_TELEMETRY: "false" });
    assert.ok(on.modules.telemetry > 100, JSON.stringify(on));
    assert.equal(off.modules.telemetry, 0);
    assert.ok(off.modules.loaded > 0);
  });

  for (const [address, complaint] of [
    ["", /APPLICATIONINSIGHTS_CONNECTION_STRING is missing/],
    ["InstrumentationKey=mine", /APPLICATIONINSIGHTS_CONNECTION_STRING holds no instrumentation key/],
  ] as const) {
    it(`Telemetry says once that it is on without an address, and goes on without: '${address}'`, async (context) => {
      const lines: string[] = [];
      context.mock.method(process.stderr, "write", (line: string) => lines.push(line) > 0);
      const logger = loggerOf({ env: { ...sink.env, APPLICATIONINSIGHTS_CONNECTION_STRING: address } });
      logger.trackEvent("e");
      logger.trackEvent("e");
      await logger.flush();
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? "", complaint);
    });
  }
});

describe("telemetry that cannot be delivered", () => {
  // more records than one batch of the SDK, which sends its batches one after the other
  const patient = `import { TelemetryLogger } from ${module};
    // what ends the process is then the refusal, however busy the machine
    const logger = new TelemetryLogger({ flushDeadlineMs: ${PATIENT_MS} });
    const call = { method: "GET", origin: "https://h", route: "/v1/workspaces", status: 200, durationMs: 9, attempt: 1 };
    for (let nth = 0; nth < 1500; nth++) {
      logger.trackEvent("e", { nth });
      logger.trackCall(call);
    }
    logger.trackMetric("m", 1);
    await logger.flush();
    logger.trackEvent("late");
    await logger.flush();`;

  for (const [behaviour, reason] of [
    ["refuse", /ECONNRESET/],
    [429, /\(429\)/],
    [503, /\(503\)/],
  ] as const) {
    it(`Telemetry that cannot be delivered is sent once, and told in one line, when the sink answers: ${behaviour}`, async () => {
      sink.behaviour = behaviour;
      const { code, stderr } = await runChild(patient, sink.env);
      assert.equal(code, 0);
      // three batches of 1,500 events, three of 1,500 calls, the metric, and the late event
      assert.equal(sink.requests.length, 8);
      assert.match(stderr, reason);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
    });
  }

  it("Telemetry that cannot be delivered is told in one line when nobody listens at the address", async () => {
    const address = "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://127.0.0.1:1/";
    const { code, stderr } = await runChild(patient, { ...sink.env, APPLICATIONINSIGHTS_CONNECTION_STRING: address });
    assert.equal(code, 0);
    assert.match(stderr, /ECONNREFUSED/);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  });

  it("Telemetry that cannot be delivered delays the end by 2 s, and not longer, when the sink hangs", async (context) => {
    const lines: string[] = [];
    context.mock.method(process.stderr, "write", (line: string) => lines.push(line) > 0);
    sink.behaviour = "hang";
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const logger = new TelemetryLogger({ env: sink.env });
    logger.trackEvent("e");
    let hasEnded = false;
    const flushed = logger.flush().then(() => (hasEnded = true));
    while (sink.requests.length === 0) await new Promise(setImmediate);
    context.mock.timers.tick(1_999);
    await new Promise(setImmediate);
    assert.equal(hasEnded, false);
    context.mock.timers.tick(1);
    await flushed;
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /no answer within 2 s/);
  });

  for (const [whether, flush] of [
    ["flushes", "await logger.flush();"],
    ["never flushes", ""],
  ] as const) {
    it(`Telemetry that cannot be delivered lets a process end by itself that ${whether}, when the sink hangs`, async () => {
      sink.behaviour = "hang";
      const { code } = await runChild(
        // loaded before, so that the flush's 2 s are for sending
        `import "applicationinsights";
          import { TelemetryLogger } from ${module};
          const logger = new TelemetryLogger();
          // more than one batch: a full one is sent also without a flush
          for (let nth = 0; nth < 600; nth++) logger.trackEvent("e");
          ${flush}`,
        sink.env,
      );
      // without a limit the SDK's own wait would hold the process for minutes
      assert.equal(code, 0);
      assert.ok(sink.requests.length > 0);
    });
  }
});
