import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import { TelemetryLogger } from "../../lib/telemetryLogger.ts";

const flags = FeatureFlags.load({ useTelemetry: true }, {});
const connectionString =
  "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://127.0.0.1:1/";

interface Envelope {
  readonly data: {
    readonly baseType: string;
    readonly baseData: Record<string, unknown> & { properties?: Record<string, string> };
  };
}

/** A logger whose envelopes stay in this process. */
function captured(secrets: string[] = []) {
  const envelopes: Envelope[] = [];
  const httpClient = {
    sendRequest(request: unknown) {
      const { body } = request as { body: string };
      const batch = JSON.parse(body) as Envelope[];
      envelopes.push(...batch);
      const bodyAsText = JSON.stringify({ itemsReceived: batch.length, itemsAccepted: batch.length, errors: [] });
      const headers = { get: () => undefined, has: () => false, toJSON: () => ({}) };
      return Promise.resolve({ request, status: 200, headers, bodyAsText });
    },
  };
  const logger = new TelemetryLogger({ connectionString, flags, env: {}, httpClient, secrets: () => secrets });
  const of = (type: string) => envelopes.filter(({ data }) => data.baseType === type).map(({ data }) => data.baseData);
  return { logger, of, all: envelopes };
}

describe("telemetry", () => {
  it("sends events, metrics and exceptions with their properties", async () => {
    const { logger, of } = captured();
    logger.trackEvent("WorkspaceCreated", { workspaceName: "sales", count: 3 });
    logger.trackMetric("DeploymentDuration", 45.2, { scenario: "test" });
    logger.trackException(new TypeError("kaput"), { operation: "create" });
    await logger.flush();
    const [event] = of("EventData");
    assert.deepEqual(
      [event?.["name"], event?.properties?.["workspaceName"], event?.properties?.["count"]],
      ["WorkspaceCreated", "sales", "3"],
    );
    assert.match(JSON.stringify(of("MetricData")), /DeploymentDuration.*45\.2/);
    assert.match(JSON.stringify(of("ExceptionData")), /TypeError.*kaput.*"operation":"create"/);
  });

  it("tells of an operation how long it took and how it ended, and passes result and exception on", async () => {
    const { logger, of } = captured();
    assert.equal(await logger.operation("CreateWorkspace", { name: "a" }, () => Promise.resolve(42)), 42);
    await assert.rejects(
      logger.operation("CreateWorkspace", { name: "b" }, () => Promise.reject(new Error("no"))),
      /no/,
    );
    await logger.flush();
    const events = of("EventData").map(({ properties }) => [
      properties?.["name"],
      properties?.["success"],
      Number(properties?.["durationMs"]) >= 0,
    ]);
    assert.deepEqual(events, [
      ["a", "true", true],
      ["b", "false", true],
    ]);
    assert.equal(of("ExceptionData").length, 1);
  });

  it("never carries a secret: not by its key, not by its value, not in a token", async () => {
    const { logger, all } = captured(["canary-value"]);
    logger.trackEvent("e", {
      clientSecret: "canary-key",
      nested: { password: "canary-key", list: [{ apiKey: "canary-key" }] },
      text: "x canary-value y",
    });
    logger.trackException(new Error("Authorization: Bearer canary.token-value and canary-value"));
    await logger.flush();
    assert.equal(all.length, 2);
    assert.doesNotMatch(JSON.stringify(all), /canary/);
  });

  it("does nothing and loads nothing while it is off", async () => {
    const module = resolve(import.meta.dirname, "../../lib/telemetryLogger.ts");
    const script = `import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      const { getTelemetryLogger } = await import(${JSON.stringify(module)});
      const logger = getTelemetryLogger();
      logger.trackEvent("e"); await logger.operation("o", {}, async () => 1); await logger.flush();
      console.log(loaded.filter((url) => /applicationinsights|opentelemetry/.test(url)).length, loaded.length > 0);`;
    const env = {
      ...process.env,
      APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString,
      FEATURE_USE_TELEMETRY: "false",
    };
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
    assert.equal(printed.trim(), "0 true");
  });

  it("says once that it is on without an address, and goes on without", async (context) => {
    const lines: string[] = [];
    context.mock.method(process.stderr, "write", (line: string) => lines.push(line) > 0);
    const logger = new TelemetryLogger({ flags, env: {} });
    logger.trackEvent("e");
    logger.trackEvent("e");
    await logger.flush();
    assert.deepEqual(lines.length, 1);
    assert.match(lines[0] ?? "", /APPLICATIONINSIGHTS_CONNECTION_STRING is missing/);
  });

  it("holds a run up for 2 s at most when its address hangs", async () => {
    // the transport ends a request when the time it was given is over, and not before
    const httpClient = {
      sendRequest: (request: unknown) =>
        new Promise<never>((_, reject) => {
          setTimeout(() => reject(new Error("timed out")), (request as { timeout: number }).timeout);
        }),
    };
    const logger = new TelemetryLogger({ connectionString, flags, env: {}, httpClient });
    logger.trackEvent("e");
    const begin = performance.now();
    await logger.flush();
    assert.ok(performance.now() - begin < 2_600);
  });
});
