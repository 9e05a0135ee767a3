import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator, EmulatorOptions } from "../../../emulator/emulator.ts";
import { changedInputsOf, readEngineEvents, summaryOf } from "./engineEvents.ts";
import type { EngineEvents } from "./engineEvents.ts";
import { folderBegun, folderEnded } from "./keptFolders.ts";

/** The project whose program and commands run; benchmarks compare with another checkout of it. */
const project = resolve(process.env["FABRIC_BENCH_PROJECT"] ?? join(import.meta.dirname, "../../.."));

/**
 * With FABRIC_TEST_TIMES=recorded, every emulator takes as long as the service was recorded to, 50 times faster, and refuses
 * calls above the documented quotas: for samples of the sweeps.
 */
const isSlow = process.env["FABRIC_TEST_TIMES"] === "recorded";
const times: EmulatorOptions = isSlow ? { timing: "recorded", speed: 50, quota: "documented" } : {};

/** How one command of the CLI went. */
export interface Run {
  readonly code: number;
  /** Everything it printed. */
  readonly text: string;
  /** `create Workspace sales`, sorted. Nothing for what stays the same. */
  readonly steps: readonly string[];
  /** `Workspace sales: description`, sorted: the inputs that an update changes. */
  readonly changes: readonly string[];
  /** The same in full, and what a refresh found. */
  readonly events: EngineEvents;
}

/**
 * A stack of the project in a folder of its own, run by the real CLI, program and provider process against an emulator
 * that this process serves.
 */
export class EngineStack implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "fabric-engine-"));
  readonly emulator: Emulator;
  /** The environment in which the stack's commands run. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(emulator: Emulator, env: NodeJS.ProcessEnv, program?: string) {
    this.emulator = emulator;
    folderBegun(this.folder);
    if (program === undefined) symlinkSync(join(project, "index.ts"), join(this.folder, "index.ts"));
    else writeFileSync(join(this.folder, "index.ts"), program);
    for (const name of ["package.json", "node_modules", "lib", "providers", "emulator", "fabric"]) {
      symlinkSync(join(project, name), join(this.folder, name));
    }
    writeFileSync(join(this.folder, "Pulumi.yaml"), readFileSync(join(project, "Pulumi.yaml")));
    mkdirSync(join(this.folder, "state"));
    this.env = {
      ...process.env,
      // the CLI keeps a log of each of its commands there
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(this.folder, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_DEBUG_COMMANDS: "true",
      FABRIC_RETRY_BASE_MS: isSlow ? "40" : "20",
      FABRIC_ENDPOINT: emulator.url,
      FABRIC_GRAPH_ENDPOINT: emulator.origin,
      ...env,
    };
  }

  /** A new stack `test` on a new emulator. */
  static async start(
    options: {
      emulator?: EmulatorOptions;
      env?: NodeJS.ProcessEnv;
      /** Source of another program than the project's. */
      program?: string;
    } = {},
  ): Promise<EngineStack> {
    const stack = new EngineStack(
      await startEmulator({ ...times, ...options.emulator }),
      options.env ?? {},
      options.program,
    );
    const { code, text } = await stack.run(["stack", "init", "test"]);
    if (code !== 0) throw new Error(`pulumi stack init failed:\n${text}`);
    return stack;
  }

  /** A second one in the same condition: state, log, configuration, and an emulator with the same objects. */
  static async copyOf(original: EngineStack, emulator?: EmulatorOptions): Promise<EngineStack> {
    const copy = new EngineStack(await startEmulator({ ...times, ...emulator }), {});
    for (const name of ["state", ".fabric", "items", "Pulumi.test.yaml"])
      if (existsSync(join(original.folder, name)))
        cpSync(join(original.folder, name), join(copy.folder, name), { recursive: true });
    // an open transaction stays where it began
    const [there, here] = [original, copy].map(({ emulator: { url } }) => new URL(url).host);
    for (const name of globSync(".fabric/transactions/*.provider.json", { cwd: copy.folder })) {
      const note = join(copy.folder, name);
      writeFileSync(note, readFileSync(note, "utf8").replaceAll(there ?? "", here ?? ""));
    }
    const { store } = copy.emulator.service;
    store.clear();
    for (const [name, objects] of Object.entries(original.emulator.service.store.snapshot()))
      for (const object of objects) store.collection(name).put(structuredClone(object));
    return copy;
  }

  /** The same stack on another machine: a folder of its own, on the same emulator and with the same environment. */
  secondMachine(): EngineStack {
    const other = new EngineStack(this.emulator, this.env);
    copyFileSync(join(this.folder, "Pulumi.test.yaml"), join(other.folder, "Pulumi.test.yaml"));
    return other;
  }

  /** Writes the stack's configuration; keys without the namespace. */
  configure(config: Record<string, unknown>): void {
    const own = {
      endpoint: "emulator",
      allowLocalBackend: true,
      protectData: false,
      features: { useRetryLogic: true },
      ...config,
    };
    const keys = Object.entries(own).map(([key, value]): [string, unknown] => [`fabric:${key}`, value]);
    const settings = readFileSync(join(this.folder, "Pulumi.test.yaml"), "utf8");
    const salt = /^encryptionsalt: .*$/m.exec(settings)?.[0] ?? "";
    writeFileSync(join(this.folder, "Pulumi.test.yaml"), `${salt}\n${stringify({ config: Object.fromEntries(keys) })}`);
  }

  up(env?: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> {
    return this.run(["up", "--yes", "--skip-preview", ...args], env);
  }
  preview(env?: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> {
    return this.run(["preview", ...args], env);
  }
  refresh(env?: NodeJS.ProcessEnv): Promise<Run> {
    return this.run(["refresh", "--yes", "--skip-preview"], env);
  }
  destroy(env?: NodeJS.ProcessEnv): Promise<Run> {
    return this.run(["destroy", "--yes", "--skip-preview"], env);
  }

  /** One of the project's own commands: `cli/up.ts`. Nothing is known of its steps. */
  command(
    file: string,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Pick<Run, "code" | "text">> {
    return this.commandAs("test", file, args, env);
  }

  /** The same for another stack, or another spelling of its name, also called in another folder. */
  commandAs(
    stack: string,
    file: string,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    cwd = this.folder,
  ): Promise<Pick<Run, "code" | "text">> {
    return this.#spawn(process.execPath, [join(project, file), ...args, "--stack", stack], env, cwd);
  }

  /** Standard output alone of one of the project's own commands. */
  async outputOf(file: string, args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    const command = [join(project, file), ...args, "--stack", "test"];
    const child = spawn(process.execPath, command, {
      cwd: this.folder,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.resume();
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? 1, out };
  }

  /** Plain Pulumi, called in another folder. */
  runIn(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Pick<Run, "code" | "text">> {
    return this.#spawn("pulumi", [...args, "--non-interactive"], { PWD: cwd, ...env }, cwd);
  }

  /** Folder and environment of its commands, to start them otherwise. */
  get place(): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
    return { cwd: this.folder, env: this.env };
  }

  /** The checkpoint as Pulumi exports it. */
  async state(): Promise<{
    deployment: {
      resources?: {
        urn: string;
        type: string;
        id?: string;
        inputs?: Record<string, unknown>;
        outputs?: Record<string, unknown>;
      }[];
    };
  }> {
    const { text } = await this.run(["stack", "export", "--stack", "test"]);
    return JSON.parse(text) as Awaited<ReturnType<EngineStack["state"]>>;
  }

  /** Calls to the emulator's API since a moment, as `POST /workspaces`. */
  calls(since = 0): string[] {
    return this.emulator
      .requests()
      .slice(since)
      .map(({ method, route }) => `${method} ${route}`);
  }

  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    const events = join(this.folder, `events-${performance.now()}.json`);
    const isOperation = ["up", "preview", "refresh", "destroy"].includes(args[0] ?? "");
    const own = isOperation ? ["--stack", "test", "--color=never", "--event-log", events] : [];
    const { code, text } = await this.#spawn("pulumi", [...args, "--non-interactive", ...own], env);
    const told = readEngineEvents(events);
    const { changes } = told;
    return { code, text, steps: summaryOf(changes), changes: changedInputsOf(changes), events: told };
  }

  async #spawn(
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    cwd = this.folder,
  ): Promise<Pick<Run, "code" | "text">> {
    const child = spawn(command, args, {
      cwd,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const take = (chunk: Buffer) => {
      text += chunk.toString();
      // where a debugger can attach is said there
      if (process.env["FABRIC_INSPECT"]) process.stderr.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const [code] = (await once(child, "close")) as [number | null];
    // for who looks into the folder of a failed test
    appendFileSync(
      join(this.folder, "commands.log"),
      `$ ${[command, ...args].join(" ")}\n${text}exit code ${code}\n\n`,
    );
    return { code: code ?? 1, text };
  }

  /** All there is to do about a second machine: the emulator is the first one's. */
  removeFolder(): void {
    folderEnded(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const requests = this.emulator.requests().map((request) => `${JSON.stringify(request)}\n`);
    writeFileSync(join(this.folder, "requests.jsonl"), requests.join(""));
    await this.emulator.close();
    this.removeFolder();
  }
}
