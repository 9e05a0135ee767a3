import type { TelemetryClient } from "applicationinsights";
import { FeatureFlags } from "./featureFlags.ts";

/** A deployment is not held up by telemetry for longer than this. */
const FLUSH_DEADLINE_MS = 2_000;
/** Keys whose values never leave the process, whatever they hold. */
const SECRET_KEY = /secret|password|token|authorization|credential|connectionstring|api_?key|passphrase/i;

/** Properties of events; anything that is not text is sent as JSON. */
export type Properties = Record<string, unknown>;

/** The transport of the SDK, for tests that look at what is sent. */
export interface TelemetryHttpClient {
  sendRequest(request: unknown): Promise<unknown>;
}

/** Settings of a {@link TelemetryLogger}. */
export interface TelemetryLoggerOptions {
  /** @default APPLICATIONINSIGHTS_CONNECTION_STRING, or APPINSIGHTS_INSTRUMENTATION_KEY */
  readonly connectionString?: string;
  /** @default from the environment */
  readonly flags?: FeatureFlags;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Values that are replaced wherever they occur, in addition to those of keys that look secret. */
  readonly secrets?: () => Iterable<string>;
  /** @default that of the SDK */
  readonly httpClient?: TelemetryHttpClient;
}

/**
 * Events, metrics and exceptions for Application Insights. With `useTelemetry` off it does nothing and loads nothing; it
 * never throws, and never delays the end of a deployment by more than 2 s.
 */
export class TelemetryLogger {
  readonly #connectionString: string | undefined;
  readonly #secrets: () => Iterable<string>;
  readonly #httpClient: TelemetryHttpClient | undefined;
  #client: Promise<TelemetryClient | undefined> | undefined;

  constructor(options: TelemetryLoggerOptions = {}) {
    const env = options.env ?? process.env;
    const flags = options.flags ?? FeatureFlags.load({}, env);
    this.#secrets = options.secrets ?? (() => []);
    this.#httpClient = options.httpClient;
    if (!flags.useTelemetry) return;
    const key = env["APPINSIGHTS_INSTRUMENTATION_KEY"];
    this.#connectionString =
      options.connectionString || env["APPLICATIONINSIGHTS_CONNECTION_STRING"] || (key && `InstrumentationKey=${key}`);
    if (!this.#connectionString) {
      process.stderr.write(
        "useTelemetry is on, and APPLICATIONINSIGHTS_CONNECTION_STRING is missing: nothing is sent.\n",
      );
    }
  }

  /** Notes that something happened. */
  trackEvent(name: string, properties: Properties = {}): void {
    this.#track((client) => client.trackEvent({ name: this.#redact(name), properties: this.#clean(properties) }));
  }

  /** Notes a number. */
  trackMetric(name: string, value: number, properties: Properties = {}): void {
    this.#track((client) =>
      client.trackMetric({ name: this.#redact(name), value, properties: this.#clean(properties) }),
    );
  }

  /** Notes an error. */
  trackException(error: unknown, properties: Properties = {}): void {
    this.#track((client) =>
      client.trackException({ exception: this.#cleanError(error), properties: this.#clean(properties) }),
    );
  }

  /**
   * Runs something and notes how long it took and how it ended.
   * @throws what the function throws, after noting it
   */
  async operation<T>(name: string, properties: Properties, fn: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const ended = (success: boolean) => {
      const duration = performance.now() - begin;
      this.trackEvent(name, { ...properties, success, durationMs: Math.round(duration) });
      this.trackMetric(`${name}.duration`, duration / 1000, { ...properties, success });
    };
    try {
      const result = await fn();
      ended(true);
      return result;
    } catch (error) {
      this.trackException(error, { ...properties, operation: name });
      ended(false);
      throw error;
    }
  }

  /** Sends what is waiting, for at most 2 s. */
  async flush(): Promise<void> {
    if (!this.#client) return;
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(deadline.resolve, FLUSH_DEADLINE_MS);
    try {
      await Promise.race([this.#client.then((client) => client?.flush()), deadline.promise]);
    } catch {
      // telemetry that cannot be delivered is lost; the deployment is not
    } finally {
      clearTimeout(timer);
    }
  }

  #track(send: (client: TelemetryClient) => void): void {
    if (!this.#connectionString) return;
    this.#client ??= makeClient(this.#connectionString, this.#httpClient);
    this.#client = this.#client.then((client) => {
      try {
        if (client) send(client);
      } catch {
        // a failure to note something must not become a failure of what was noted
      }
      return client;
    });
  }

  #clean(properties: Properties): Record<string, string> {
    const clean = (value: unknown, key = ""): unknown => {
      if (SECRET_KEY.test(key)) return "[redacted]";
      if (typeof value === "string") return this.#redact(value);
      if (Array.isArray(value)) return value.map((element) => clean(element, key));
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clean(inner, name)]));
    };
    const entries = Object.entries(properties).map(([key, value]) => {
      const cleaned = clean(value, key);
      return [key, typeof cleaned === "string" ? cleaned : JSON.stringify(cleaned ?? null)] as const;
    });
    return Object.fromEntries(entries);
  }

  #cleanError(error: unknown): Error {
    if (!(error instanceof Error))
      return new Error(this.#redact(typeof error === "string" ? error : "a value that is no error was thrown"));
    const clean = new Error(this.#redact(error.message));
    clean.name = error.name;
    clean.stack = this.#redact(error.stack ?? "");
    return clean;
  }

  #redact(text: string): string {
    let clean = text.replace(/Bearer\s+[\w.~+/=-]+/gi, "Bearer [redacted]");
    for (const secret of this.#secrets()) if (secret.length > 3) clean = clean.replaceAll(secret, "[redacted]");
    return clean;
  }
}

/**
 * An isolated client: nothing global is registered (Pulumi uses the same OpenTelemetry interface), nothing is collected
 * by itself, nothing is stored on disk. Loaded at the first use only: it takes a third of a second.
 */
async function makeClient(
  connectionString: string,
  httpClient: TelemetryHttpClient | undefined,
): Promise<TelemetryClient | undefined> {
  try {
    // must be set before the first track, else the SDK asks the machine's metadata service
    process.env["APPLICATION_INSIGHTS_NO_STATSBEAT"] = "1";
    const [insights, { resourceFromAttributes }] = await Promise.all([
      import("applicationinsights"),
      import("@opentelemetry/resources"),
    ]);
    const client = new insights.TelemetryClient(connectionString, { useGlobalProviders: false });
    const deadline = {
      name: "deadline",
      sendRequest: (request: { timeout?: number }, next: (request: unknown) => Promise<never>) => {
        request.timeout = FLUSH_DEADLINE_MS;
        return next(request);
      },
    };
    const options: unknown = {
      resource: resourceFromAttributes({ "service.name": "fabric-environments" }),
      azureMonitorExporterOptions: {
        connectionString,
        disableOfflineStorage: true,
        retryOptions: { maxRetries: 0 },
        additionalPolicies: [{ position: "perCall", policy: deadline }],
        ...(httpClient && { httpClient }),
      },
    };
    client.config.azureMonitorOpenTelemetryOptions = options as NonNullable<
      typeof client.config.azureMonitorOpenTelemetryOptions
    >;
    return client;
  } catch (error) {
    process.stderr.write(`Telemetry could not be started: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

let shared: TelemetryLogger | undefined;

/** The telemetry logger of this process, made from its environment at the first call. */
export function getTelemetryLogger(): TelemetryLogger {
  shared ??= new TelemetryLogger();
  return shared;
}
