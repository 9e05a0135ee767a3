import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { TelemetryClient } from "applicationinsights";
import { settleProxies } from "../network/proxy.ts";
import type { Place } from "./telemetryPlace.ts";

/** The properties of an SDK request that are set here. */
interface SdkRequest {
  timeout?: number;
  abortSignal?: AbortSignal;
}

/** Settings of a client. */
export interface InsightsSettings {
  readonly connectionString: string;
  /** Longest time for one request, in ms. */
  readonly timeoutMs: number;
  /** Abort to stop sending. Records in flight are then lost. */
  readonly end: AbortSignal;
  /** Receives the status or code of each request that was not delivered. */
  readonly onLoss: (reason: string) => void;
}

/** A record with its place and time. */
export interface Stamp extends Place {
  /** Time of the record, in ms since 1970. */
  readonly at: number;
  /** The record's own id, if other records stand below it. */
  readonly id?: string | undefined;
  /** Whether the record is a step of a deployment, and not a call to another machine. */
  readonly isStep?: boolean;
}

/** A client of Application Insights. It buffers records and sends them in batches. */
export interface InsightsClient {
  /** Records what `send` tracks, at the place and time of the stamp. */
  record(stamp: Stamp, send: (client: TelemetryClient) => void): void;
  /** Resolves when everything was delivered or lost. */
  flush(): Promise<void>;
}

type SdkOptions = NonNullable<TelemetryClient["config"]["azureMonitorOpenTelemetryOptions"]>;
type SpanProcessor = NonNullable<SdkOptions["spanProcessors"]>[number];
type LogRecordProcessor = NonNullable<SdkOptions["logRecordProcessors"]>[number];
type Span = Parameters<SpanProcessor["onStart"]>[0];
type LogRecord = Parameters<LogRecordProcessor["onEmit"]>[0];

/** OpenTelemetry's flag for records that are sent, and its kind of span inside a process. */
const [SAMPLED, INTERNAL] = [1, 0] as const;

/**
 * Opens an isolated client. It registers nothing globally, because Pulumi uses the same OpenTelemetry interface. It collects
 * nothing automatically, stores nothing on disk and drops nothing by sampling. Loading the SDK takes a third of a second.
 */
export async function openInsightsClient(settings: InsightsSettings): Promise<InsightsClient> {
  // must be set before the first track; otherwise the SDK calls the machine's metadata service
  process.env["APPLICATION_INSIGHTS_NO_STATSBEAT"] = "1";
  settleProxies();
  const [insights, { resourceFromAttributes }] = await Promise.all([
    import("applicationinsights"),
    import("@opentelemetry/resources"),
  ]);
  const version = projectVersion();
  const client = new insights.TelemetryClient(settings.connectionString, { useGlobalProviders: false });
  client.config.samplingPercentage = 100;
  client.commonProperties = { projectVersion: version };
  const stamping = new Stamping();
  client.config.azureMonitorOpenTelemetryOptions = {
    resource: resourceFromAttributes({
      "service.name": "fabric-environments",
      "service.instance.id": `${hostname()}:${process.pid}`,
      "service.version": version,
    }),
    spanProcessors: [stamping],
    logRecordProcessors: [stamping],
    azureMonitorExporterOptions: exporterOptions(settings) as SdkOptions["azureMonitorExporterOptions"],
  } as SdkOptions;
  return {
    record: (stamp, send) => stamping.during(stamp, () => send(client)),
    flush: () => client.flush(),
  };
}

/**
 * Sets operation ids and times on the SDK's records as they are made. Otherwise the SDK would take them from OpenTelemetry's
 * global context, which is not this project's.
 */
class Stamping implements SpanProcessor, LogRecordProcessor {
  #stamp: Stamp | undefined;

  during(stamp: Stamp, work: () => void): void {
    this.#stamp = stamp;
    try {
      work();
    } finally {
      this.#stamp = undefined;
    }
  }

  /** Requests and dependencies. The SDK gets their times elsewhere. */
  onStart(span: Span): void {
    if (!this.#stamp) return;
    const { operationId: traceId, id, parentId, isStep } = this.#stamp;
    Object.assign(span.spanContext(), { traceId, ...(id && { spanId: id }) });
    const parentSpanContext = parentId ? { traceId, spanId: parentId, traceFlags: SAMPLED } : undefined;
    Object.assign(span, { parentSpanContext, ...(isStep && { kind: INTERNAL }) });
  }

  /** Events and exceptions. */
  onEmit(record: LogRecord): void {
    if (!this.#stamp) return;
    const { operationId: traceId, parentId: spanId = "", at } = this.#stamp;
    record.spanContext = { traceId, spanId, traceFlags: SAMPLED };
    record.hrTime = [Math.trunc(at / 1000), (at % 1000) * 1e6];
  }

  onEnd(): void {}

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function exporterOptions({ connectionString, timeoutMs, end, onLoss }: InsightsSettings): unknown {
  const deadline = {
    name: "deadline",
    async sendRequest(request: SdkRequest, next: (request: SdkRequest) => Promise<{ status: number }>) {
      // the SDK's own wait for a hung server keeps the process alive for minutes
      Object.assign(request, { timeout: timeoutMs, abortSignal: end });
      try {
        const response = await next(request);
        if (response.status >= 400) onLoss(String(response.status));
        return response;
      } catch (error) {
        const { statusCode, code, name } = error as { statusCode?: number; code?: string; name?: string };
        onLoss(String(statusCode ?? code ?? name));
        throw error;
      }
    },
  };
  return {
    connectionString,
    disableOfflineStorage: true,
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ position: "perCall", policy: deadline }],
  };
}

function projectVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
