import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { providerClient } from "../../doubles/providerClient.ts";

/* A language host that serves the provider, too, in a run without a program. This process is the engine of both. */

const project = resolve(import.meta.dirname, "../../..");
const ENGINE = "127.0.0.1:9";

class ServingHost implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "fabric-host-"));
  readonly #children: ChildProcess[] = [];
  readonly #env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };
  stderr = "";

  constructor() {
    cpSync(join(project, "cli/languageHost"), this.folder, { recursive: true });
  }

  /** Starts the host. @returns its process, when it listens */
  async host(): Promise<ChildProcess> {
    const { child, port } = await this.#started(process.execPath, "languageHost.cjs");
    assert.match(port, /^\d+$/);
    return child;
  }

  /** Starts the launcher of the provider. @returns the port that it names */
  async launched(): Promise<string> {
    return (await this.#started("sh", "pulumi-resource-pulumi-nodejs")).port;
  }

  /** The files that say to the launcher where a provider listens. */
  get files(): string[] {
    return readdirSync(join(this.folder, "providers"));
  }

  async #started(program: string, file: string): Promise<{ readonly child: ChildProcess; readonly port: string }> {
    const child = spawn(program, [join(this.folder, file), ENGINE], {
      cwd: project,
      env: { ...this.#env, FABRIC_PROCESSES: "provider" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#children.push(child);
    child.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    const [port] = (await once(createInterface(child.stdout), "line")) as [string];
    return { child, port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
      child.stdin?.destroy();
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.folder, { recursive: true });
  }
}

describe("a language host that serves the provider", () => {
  it("A language host that serves the provider is found by one launcher, and the next one starts a process", async () => {
    await using serving = new ServingHost();
    await serving.host();
    const [first, second] = [await serving.launched(), await serving.launched()];
    assert.notEqual(first, second);
    for (const port of [first, second]) {
      const client = providerClient(port);
      await client.check(`exports.handler = () => ({ check: async () => ({ inputs: {} }) });`);
      client.close();
    }
  });

  it("A language host that serves the provider goes on, and prints it, if nobody catches an error of the provider", async () => {
    await using serving = new ServingHost();
    await serving.host();
    const client = providerClient(await serving.launched());
    const check = `{ check: async () => { void Promise.reject(new Error("stray")); return { inputs: {} }; } }`;
    for (const _call of [1, 2]) await client.check(`exports.handler = () => (${check});`);
    client.close();
    assert.match(serving.stderr, /stray/);
  });

  it("A language host that serves the provider leaves no file behind when the engine ends it before a launcher came", async () => {
    await using serving = new ServingHost();
    const host = await serving.host();
    assert.equal(serving.files.length, 1);
    const ended = once(host, "exit");
    host.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(serving.files, []);
  });
});
