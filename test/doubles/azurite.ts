import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";

const program = resolve(import.meta.dirname, "../../node_modules/azurite/dist/src/blob/main.js");
/** The account that azurite always has, and its key, which is the same everywhere and published. */
const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** A storage account on this machine: azurite, in a process of its own. */
export class Azurite implements AsyncDisposable {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "fabric-azurite-"));
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** @param containers to make */
  static async start(...containers: string[]): Promise<Azurite> {
    const azurite = new Azurite(await freePort());
    try {
      await azurite.restart();
      for (const container of containers) await azurite.makeContainer(container);
      return azurite;
    } catch (error) {
      await azurite[Symbol.asyncDispose]();
      throw error;
    }
  }

  async makeContainer(container: string): Promise<void> {
    await BlobServiceClient.fromConnectionString(this.connectionString()).createContainer(container);
  }

  /** Names of a container's blobs. */
  async blobs(container: string): Promise<string[]> {
    const client = BlobServiceClient.fromConnectionString(this.connectionString()).getContainerClient(container);
    const names: string[] = [];
    for await (const { name } of client.listBlobsFlat()) names.push(name);
    return names;
  }

  /** Address of a container. */
  url(container: string, port = this.port): string {
    return `http://127.0.0.1:${port}/${ACCOUNT}/${container}`;
  }

  /** @param port of something in between */
  connectionString(port = this.port): string {
    return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=http://127.0.0.1:${port}/${ACCOUNT};`;
  }

  /** Environment of processes whose transaction log lies here. */
  get logEnv(): NodeJS.ProcessEnv {
    return { AZURE_STORAGE_CONNECTION_STRING: this.connectionString() };
  }

  /** Environment of a Pulumi CLI whose state lies here. */
  stateEnv(container: string): NodeJS.ProcessEnv {
    return {
      AZURE_STORAGE_ACCOUNT: ACCOUNT,
      AZURE_STORAGE_KEY: KEY,
      PULUMI_BACKEND_URL: `azblob://${container}?domain=127.0.0.1:${this.port}&protocol=http`,
    };
  }

  /** Ends it; what it holds stays. */
  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null) return;
    running.kill("SIGTERM");
    await once(running, "exit");
  }

  async restart(): Promise<void> {
    const place = ["--blobHost", "127.0.0.1", "--blobPort", String(this.port), "--location", this.#folder];
    // without the last one it refuses versions of the service that are newer than itself
    const flags = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"];
    this.#process = spawn(process.execPath, [program, ...place, ...flags], { stdio: "ignore" });
    for (const deadline = Date.now() + 30_000; !(await isOpen(this.port));) {
      if (this.#process.exitCode !== null || Date.now() > deadline) throw new Error("azurite did not start");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * A port that is free, below those that systems give to whoever names none: before azurite listens, another test's server could
 * get one of these.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
