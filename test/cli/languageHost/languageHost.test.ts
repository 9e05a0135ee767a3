import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type * as Grpc from "@grpc/grpc-js";
import type { Client, ServiceError } from "@grpc/grpc-js";

/* The engine's side of our language host: the SDK's own stubs, by which the engine's protocol is spoken. */

const project = resolve(import.meta.dirname, "../../..");
const fromProject = createRequire(import.meta.url);
const fromSdk = createRequire(fromProject.resolve("@pulumi/pulumi/package.json"));
const grpc = fromSdk("@grpc/grpc-js") as typeof Grpc;

type Answer<T> = (error: ServiceError | null, response: T) => void;
interface RunResult {
  getError(): string;
  getBail(): boolean;
}
interface LanguageRuntime extends Client {
  getPluginInfo(request: unknown, answer: Answer<{ getVersion(): string }>): void;
  getRequiredPackages(request: unknown, answer: Answer<{ getPackagesList(): unknown[] }>): void;
  getProgramDependencies(request: unknown, answer: Answer<unknown>): void;
  run(request: unknown, answer: Answer<RunResult>): void;
}
/** The stubs are generated JavaScript; only the setters that are used here are named. */
interface Messages {
  readonly GetRequiredPackagesRequest: new () => unknown;
  readonly GetProgramDependenciesRequest: new () => unknown;
  readonly ProgramInfo: new () => {
    setRootDirectory(folder: string): void;
    setProgramDirectory(folder: string): void;
    setEntryPoint(path: string): void;
    setOptions(options: unknown): void;
  };
  readonly RunRequest: new () => {
    setInfo(info: unknown): void;
    setMonitorAddress(address: string): void;
    setStack(name: string): void;
    setDryrun(isPreview: boolean): void;
    getConfigMap(): Map<string, string>;
    setConfigsecretkeysList(keys: readonly string[]): void;
  };
}
const { LanguageRuntimeClient } = fromProject("@pulumi/pulumi/proto/language_grpc_pb") as {
  LanguageRuntimeClient: new (address: string, credentials: unknown) => LanguageRuntime;
};
const messages = fromProject("@pulumi/pulumi/proto/language_pb") as Messages;
const { Empty } = fromSdk("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => unknown };
const { Struct } = fromSdk("google-protobuf/google/protobuf/struct_pb.js") as {
  Struct: { fromJavaScript(value: object): unknown };
};

/** What stands for the SDK's runner: tells how it was started, and ends as its program's name says. */
const runner = `
  const program = process.argv.at(-1);
  const { PULUMI_CONFIG, PULUMI_CONFIG_SECRET_KEYS, PULUMI_NODEJS_TYPESCRIPT, no_proxy } = process.env;
  const env = { PULUMI_CONFIG, PULUMI_CONFIG_SECRET_KEYS, PULUMI_NODEJS_TYPESCRIPT, no_proxy };
  const { allConfig } = require("@pulumi/pulumi/runtime/config");
  const { getStore } = require("@pulumi/pulumi/runtime/state");
  const { monitorAddr, stack } = getStore().settings.options;
  console.log(JSON.stringify({ args: process.argv.slice(2), env, config: allConfig(), monitorAddr, stack }));
  if (program === "endless") setInterval(() => {}, 1000);
  else process.exitCode = Number(program);
`;
interface Started {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** As the SDK reads it. */
  readonly config: Readonly<Record<string, string>>;
  readonly monitorAddr: string;
  readonly stack: string;
}

function call<T>(method: (answer: Answer<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => method((error, response) => (error ? reject(error) : resolve(response))));
}

/** A host started as the engine does it: by its launcher, in the program's folder, with a stdin that stays open. */
class Host implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "fabric-host-"));
  readonly #process;
  readonly #lines;
  readonly #closed;
  #client: LanguageRuntime | undefined;

  constructor(env: NodeJS.ProcessEnv = {}) {
    const sdk = join(this.folder, "node_modules/@pulumi/pulumi");
    mkdirSync(join(sdk, "cmd/run"), { recursive: true });
    symlinkSync(join(project, "node_modules/@grpc"), join(this.folder, "node_modules/@grpc"));
    for (const part of ["proto", "runtime"])
      symlinkSync(join(project, "node_modules/@pulumi/pulumi", part), join(sdk, part));
    cpSync(join(project, "node_modules/@pulumi/pulumi/package.json"), join(sdk, "package.json"));
    writeFileSync(join(sdk, "cmd/run/index.js"), runner);
    const launcher = join(project, "cli/languageHost/pulumi-language-nodejs");
    this.#process = spawn("sh", [launcher, "--tracing=", "127.0.0.1:1"], {
      cwd: this.folder,
      env: { ...process.env, ...env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#closed = once(this.#process, "close");
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async #line(): Promise<string> {
    const line = await this.#lines.next();
    return line.done ? "" : line.value;
  }

  /** The engine's end of the connection; the host prints its port first of all. */
  async client(): Promise<LanguageRuntime> {
    this.#client ??= new LanguageRuntimeClient(`127.0.0.1:${await this.#line()}`, grpc.credentials.createInsecure());
    return this.#client;
  }

  /** Asks for a run of a program; answers what the runner told, and the promise of the result. */
  async run(program: string, config = { "fabric:a": "1" }): Promise<{ started: Started; result: Promise<RunResult> }> {
    const info = new messages.ProgramInfo();
    info.setRootDirectory("/project");
    info.setProgramDirectory("/project/program");
    info.setEntryPoint(program);
    info.setOptions(Struct.fromJavaScript({ typescript: false }));
    const request = new messages.RunRequest();
    request.setInfo(info);
    request.setMonitorAddress("127.0.0.1:2");
    request.setStack("s");
    request.setDryrun(true);
    for (const [key, value] of Object.entries(config)) request.getConfigMap().set(key, value);
    request.setConfigsecretkeysList(["fabric:secret"]);
    const client = await this.client();
    const result = call<RunResult>((answer) => client.run(request, answer));
    result.catch(() => undefined); // a host that is killed answers nothing
    return { started: JSON.parse(await this.#line()) as Started, result };
  }

  /**
   * Closes its stdin, as the death of the engine does; answers how long it took, in ms, until nobody holds its stdout
   * any more: it is the program's too, so both have ended then.
   */
  async loseEngine(): Promise<number> {
    const begin = performance.now();
    this.#process.stdin.end();
    await this.#closed;
    return performance.now() - begin;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loseEngine();
    this.#client?.close();
    rmSync(this.folder, { recursive: true });
  }
}

test("The language host answers the engine's first questions, and refuses what it does not know", async () => {
  await using host = new Host();
  const client = await host.client();
  const info = await call<{ getVersion(): string }>((answer) => client.getPluginInfo(new Empty(), answer));
  assert.equal(info.getVersion(), (fromProject("@pulumi/pulumi/package.json") as { version: string }).version);
  const packages = await call<{ getPackagesList(): unknown[] }>((answer) =>
    client.getRequiredPackages(new messages.GetRequiredPackagesRequest(), answer),
  );
  assert.deepEqual(packages.getPackagesList(), []);
  await assert.rejects(
    call((answer) => client.getProgramDependencies(new messages.GetProgramDependenciesRequest(), answer)),
    { code: grpc.status.UNIMPLEMENTED },
  );
});

test("The language host runs the program with the SDK's runner and the stack's configuration", async () => {
  await using host = new Host();
  const { started, result } = await host.run("0");
  for (const arg of [
    "--monitor=127.0.0.1:2",
    "--engine=127.0.0.1:1",
    "--stack=s",
    "--pwd=/project/program",
    "--dry-run",
  ]) {
    assert.ok(started.args.includes(arg), `${arg} in ${started.args.join(" ")}`);
  }
  assert.deepEqual(started.env, {
    PULUMI_CONFIG: '{"fabric:a":"1"}',
    PULUMI_CONFIG_SECRET_KEYS: '["fabric:secret"]',
    PULUMI_NODEJS_TYPESCRIPT: "false",
  });
  assert.equal((await result).getError(), "");
});

test("The language host gives a program a configuration that is too long for an environment variable", async () => {
  await using host = new Host();
  const config = { "fabric:a": "long".repeat(100_000) };
  const { started, result } = await host.run("0", config);
  assert.deepEqual(started.config, config);
  assert.deepEqual([started.monitorAddr, started.stack], ["127.0.0.1:2", "s"]);
  assert.deepEqual(started.env, {
    PULUMI_CONFIG_SECRET_KEYS: '["fabric:secret"]',
    PULUMI_NODEJS_TYPESCRIPT: "false",
  });
  assert.equal((await result).getError(), "");
});

test("The language host tells a failed program from one that has told its failure itself", async () => {
  await using host = new Host();
  const failed = await (await host.run("3")).result;
  assert.deepEqual([failed.getBail(), failed.getError()], [false, "The program ended with exit code 3."]);
  const told = await (await host.run("32")).result;
  assert.deepEqual([told.getBail(), told.getError()], [true, ""]);
});

test("The language host and its program are gone within a second when the engine dies", async () => {
  await using host = new Host();
  await host.run("endless");
  assert.ok((await host.loseEngine()) < 1000);
});

test("A provider that nobody has called yet is gone within a second when the engine dies", async () => {
  const file = join(project, "cli/languageHost/dynamicProvider.cjs");
  const provider = spawn(process.execPath, [file, "127.0.0.1:9"], { cwd: project, stdio: ["pipe", "pipe", "inherit"] });
  const [port] = (await once(createInterface(provider.stdout), "line")) as [string];
  assert.match(port, /^\d+$/);
  const ended = once(provider, "exit");
  const begin = performance.now();
  provider.stdin.end();
  await Promise.race([ended, new Promise((done) => setTimeout(done, 5000).unref())]);
  provider.kill("SIGKILL");
  assert.ok(performance.now() - begin < 1000);
});

test("The language host keeps the program's calls to the engine out of proxies that are named in lower case", async () => {
  const proxy = { https_proxy: "http://127.0.0.1:9", NO_PROXY: "contoso.com" };
  await using host = new Host(proxy);
  const { started, result } = await host.run("0");
  assert.equal(started.env["no_proxy"], "contoso.com,localhost,127.0.0.1,::1");
  await result;
});
