import { AsyncLocalStorage } from "node:async_hooks";
import type { TelemetryClient } from "applicationinsights";
import type { Attempt } from "./api/fabricCall.ts";
import { GUID } from "./api/guid.ts";
import { messageOf } from "./api/messageOf.ts";
import { FeatureFlags } from "./featureFlags.ts";
import { openInsightsClient } from "./telemetry/insightsClient.ts";
import type { InsightsClient, Stamp } from "./telemetry/insightsClient.ts";
import { Redaction } from "./telemetry/redaction.ts";
import { newRecordId, placeOfRun, placeOfTransaction } from "./telemetry/telemetryPlace.ts";
import type { Place } from "./telemetry/telemetryPlace.ts";

/** Longest time that telemetry may delay the end of a deployment, in ms. */
const FLUSH_DEADLINE_MS = 2_000;
const HAS_KEY = new RegExp(`(^|;)\\s*InstrumentationKey=${GUID}\\s*(;|$)`, "i");

/** Properties of records; anything that is not text is sent as JSON. */
export type Properties = Record<string, unknown>;

/** The deployment of a record. Both values become properties of every record. */
export interface Deployment {
  readonly stack?: string | undefined;
  /** Gives all records of a transaction one operation id, whichever process makes them. */
  readonly transactionId?: string | undefined;
}

/** Settings of a {@link TelemetryLogger}. */
export interface TelemetryLoggerOptions {
  /** @default APPLICATIONINSIGHTS_CONNECTION_STRING, or APPINSIGHTS_INSTRUMENTATION_KEY */
  readonly connectionString?: string;
  /** @default from the environment */
  readonly flags?: FeatureFlags;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Called for each record. @default the transaction of FABRIC_TRANSACTION_ID, if any */
  readonly deployment?: () => Deployment;
  /** Values to redact wherever they occur, in addition to values with secret-looking names. */
  readonly secrets?: () => Iterable<string>;
  /** Longest time that {@link TelemetryLogger.flush} takes, in ms. @default 2000 */
  readonly flushDeadlineMs?: number;
}

/**
 * Events, metrics, exceptions and calls for Application Insights. If `useTelemetry` is off, the logger does nothing and loads
 * nothing. It never throws, and never delays the end of a deployment by more than 2 s.
 */
export class TelemetryLogger {
  readonly #connectionString: string | undefined;
  readonly #deployment: () => Deployment;
  readonly #redaction: Redaction;
  readonly #run = placeOfRun();
  readonly #step = new AsyncLocalStorage<Place>();
  readonly #end = new AbortController();
  readonly #flushDeadlineMs: number;
  #client: Promise<InsightsClient | undefined> | undefined;
  #loss: string | undefined;
  #hasWarned = false;

  constructor(options: TelemetryLoggerOptions = {}) {
    const env = options.env ?? process.env;
    const flags = options.flags ?? FeatureFlags.load({}, env);
    this.#deployment = options.deployment ?? (() => ({ transactionId: env["FABRIC_TRANSACTION_ID"] }));
    this.#redaction = new Redaction(env, options.secrets ?? (() => []));
    this.#flushDeadlineMs = options.flushDeadlineMs ?? FLUSH_DEADLINE_MS;
    if (!flags.useTelemetry) return;
    const key = env["APPINSIGHTS_INSTRUMENTATION_KEY"];
    const connectionString =
      options.connectionString || env["APPLICATIONINSIGHTS_CONNECTION_STRING"] || (key && `InstrumentationKey=${key}`);
    // without a key the SDK would silently send nothing
    if (HAS_KEY.test(connectionString ?? "")) this.#connectionString = connectionString;
    else {
      const what = connectionString ? "holds no instrumentation key" : "is missing";
      warn(`useTelemetry is on, and APPLICATIONINSIGHTS_CONNECTION_STRING ${what}: nothing is sent.`);
    }
  }

  /** Records an event. */
  trackEvent(name: string, properties: Properties = {}): void {
    this.#track(properties, (client, clean) =>
      client.trackEvent({ name: this.#redaction.text(name), properties: clean }),
    );
  }

  /** Records a number. */
  trackMetric(name: string, value: number, properties: Properties = {}): void {
    this.#track(properties, (client, clean) =>
      client.trackMetric({ name: this.#redaction.text(name), value, properties: clean }),
    );
  }

  /** Records an error. */
  trackException(error: unknown, properties: Properties = {}): void {
    this.#track(properties, (client, clean) =>
      client.trackException({ exception: this.#redaction.error(error), properties: clean }),
    );
  }

  /** Records one attempt of a call to the service, as {@link FabricClientOptions.onAttempt} reports it. */
  trackCall(call: Omit<Attempt, "path" | "heldMs">): void {
    const { method, origin, route, status, durationMs, attempt, requestId } = call;
    this.#track({ attempt, requestId }, (client, clean, { at }) => {
      const { protocol, host } = new URL(origin);
      const path = this.#redaction.text(route);
      client.trackDependency({
        name: `${method} ${path}`,
        target: host,
        duration: durationMs,
        success: status !== undefined && status >= 200 && status < 300,
        time: new Date(at - durationMs),
        // the SDK does not pass on its own fields for these, but derives type, result code and data from these properties
        properties: {
          ...clean,
          "http.request.method": method,
          "url.scheme": protocol.slice(0, -1),
          "server.address": host,
          "url.path": path,
          ...(status !== undefined && { "http.response.status_code": String(status) }),
        },
      });
    });
  }

  /**
   * Records the end of the deployment. All other records of the transaction stand below this record.
   * @param durationMs duration of the deployment, in ms
   */
  trackDeployment(success: boolean, durationMs: number): void {
    const { transactionId } = this.#deployment();
    if (!transactionId) return;
    const { operationId, parentId: id } = placeOfTransaction(transactionId);
    this.#track(
      {},
      (client, clean, { at }) =>
        client.trackRequest({
          name: "Deployment",
          duration: durationMs,
          success,
          resultCode: "",
          time: new Date(at - durationMs),
          properties: clean,
        }),
      { operationId, id },
    );
  }

  /**
   * Runs a function as a step of the deployment, and records its duration and result. Records that the function makes stand
   * below the step.
   * @throws the function's own error, after recording it
   */
  async operation<T>(name: string, properties: Properties, fn: () => Promise<T>): Promise<T> {
    const place = this.#place();
    const id = newRecordId();
    const begin = performance.now();
    const ended = (success: boolean) => {
      const duration = performance.now() - begin;
      this.trackEvent(name, { ...properties, success, durationMs: Math.round(duration) });
      this.trackMetric(`${name}.duration`, duration / 1000, { ...properties, success });
      const step = { ...place, id, isStep: true };
      this.#track(
        properties,
        (client, clean, { at }) =>
          client.trackDependency({
            name: this.#redaction.text(name),
            duration,
            success,
            time: new Date(at - duration),
            properties: clean,
          }),
        step,
      );
    };
    return this.#step.run({ operationId: place.operationId, parentId: id }, async () => {
      try {
        const result = await fn();
        ended(true);
        return result;
      } catch (error) {
        this.trackException(error, { ...properties, operation: name });
        ended(false);
        throw error;
      }
    });
  }

  /** Sends pending records, until the deadline at the longest. Records that are not delivered by then are lost, and nothing more is sent. */
  async flush(): Promise<void> {
    if (!this.#client || this.#end.signal.aborted) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#loss = `no answer within ${this.#flushDeadlineMs / 1000} s`;
      this.#end.abort();
      late.resolve();
    }, this.#flushDeadlineMs);
    try {
      await Promise.race([this.#client.then((client) => client?.flush()), late.promise]);
    } catch {
      // undelivered telemetry is lost, but the deployment must not fail
    } finally {
      clearTimeout(timer);
    }
    if (this.#loss === undefined || this.#hasWarned) return;
    this.#hasWarned = true;
    warn(`Telemetry was not delivered to Application Insights (${this.#loss}). Nothing else depends on it.`);
  }

  #track(
    properties: Properties,
    send: (client: TelemetryClient, clean: Record<string, string>, stamp: Stamp) => void,
    where: Omit<Stamp, "at"> = this.#place(),
  ): void {
    if (!this.#connectionString || this.#end.signal.aborted) return;
    const stamp = { ...where, at: Date.now() };
    const { stack, transactionId } = this.#deployment();
    const all = { ...(stack && { stack }), ...(transactionId && { transactionId }), ...properties };
    this.#client ??= this.#open(this.#connectionString);
    this.#client = this.#client.then((insights) => {
      try {
        insights?.record(stamp, (client) => send(client, this.#redaction.properties(all), stamp));
      } catch {
        // a failure to record something must not become a failure of the recorded work
      }
      return insights;
    });
  }

  /** Place below the running step; without a step, below the deployment. */
  #place(): Place {
    const { transactionId } = this.#deployment();
    return this.#step.getStore() ?? (transactionId ? placeOfTransaction(transactionId) : this.#run);
  }

  /** Called for the first record only, because the SDK takes a third of a second to load. */
  async #open(connectionString: string): Promise<InsightsClient | undefined> {
    try {
      return await openInsightsClient({
        connectionString,
        timeoutMs: this.#flushDeadlineMs,
        end: this.#end.signal,
        onLoss: (reason) => (this.#loss ??= reason),
      });
    } catch (error) {
      warn(`Telemetry could not be started: ${messageOf(error)}`);
      return undefined;
    }
  }
}

const warn = (line: string): void => void process.stderr.write(`${line}\n`);

let shared: TelemetryLogger | undefined;

/** The telemetry logger of this process. The first call makes it from the environment. */
export function getTelemetryLogger(): TelemetryLogger {
  shared ??= new TelemetryLogger();
  return shared;
}
