import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { makeCertificate } from "../../emulator/core/tls.ts";
import type { Certificate } from "../../emulator/core/tls.ts";

/** One record as Application Insights receives it. */
export interface Envelope {
  readonly time: string;
  readonly sampleRate: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly data: { readonly baseType: string; readonly baseData: BaseData };
}

/** What records of all types hold. */
export type BaseData = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly id: string;
  readonly success: boolean;
  readonly properties: Readonly<Record<string, string>>;
};

/** What the sink does with a request: a status is answered, a refused one finds its connection closed. */
export type Behaviour = "accept" | "hang" | "refuse" | 429 | 503;

/**
 * Stands in for Application Insights' ingestion: https on this machine, because the SDK speaks nothing else. This process
 * trusts its certificate; a child process does with {@link InsightsSink.env}.
 */
export class InsightsSink implements AsyncDisposable {
  behaviour: Behaviour = "accept";
  /** Everything that was accepted, in order of arrival. */
  readonly envelopes: Envelope[] = [];
  /** Every request by its path, also those that were not accepted. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #certificate: Certificate;
  readonly #folder: string;

  private constructor(certificate: Certificate, folder: string) {
    this.#certificate = certificate;
    this.#folder = folder;
    this.#server = createServer(certificate, (request, response) => {
      void text(request).then((body) => {
        this.requests.push(request.url ?? "");
        if (this.behaviour === "hang") return;
        if (this.behaviour === "refuse") return request.socket.destroy();
        const batch = JSON.parse(body) as Envelope[];
        const isAccepted = this.behaviour === "accept";
        if (isAccepted) this.envelopes.push(...batch);
        const headers = { "content-type": "application/json", ...(!isAccepted && { "retry-after": "30" }) };
        response.writeHead(this.behaviour === "accept" ? 200 : this.behaviour, headers);
        const itemsAccepted = isAccepted ? batch.length : 0;
        response.end(JSON.stringify({ itemsReceived: batch.length, itemsAccepted, errors: [] }));
      });
    });
  }

  static async start(): Promise<InsightsSink> {
    // from a cold disk the SDK can take longer to load than a flush waits
    await import("applicationinsights");
    const folder = mkdtempSync(join(tmpdir(), "insights-"));
    const certificate = await makeCertificate(folder);
    setDefaultCACertificates([...getCACertificates("default"), certificate.cert]);
    const sink = new InsightsSink(certificate, folder);
    sink.#server.listen(0, "127.0.0.1");
    await once(sink.#server, "listening");
    return sink;
  }

  get connectionString(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://127.0.0.1:${port}/`;
  }

  /** What a process needs to send its telemetry here. */
  get env(): NodeJS.ProcessEnv {
    return {
      FEATURE_USE_TELEMETRY: "true",
      APPLICATIONINSIGHTS_CONNECTION_STRING: this.connectionString,
      NODE_EXTRA_CA_CERTS: this.#certificate.caFile,
    };
  }

  /** The records of one type: `EventData`, `MetricData`, `ExceptionData`, `RequestData`, `RemoteDependencyData`. */
  of(baseType: string): Envelope[] {
    return this.envelopes.filter(({ data }) => data.baseType === baseType);
  }

  /** The records of one type and name; of a metric, its own name counts. */
  named(baseType: string, name: string): Envelope[] {
    return this.of(baseType).filter(({ data: { baseData } }) => baseData.name === name);
  }

  forget(): void {
    this.behaviour = "accept";
    this.envelopes.length = 0;
    this.requests.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
    rmSync(this.#folder, { recursive: true });
  }
}
