import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";

const project = resolve(import.meta.dirname, "../../..");

/** How a command ended, and everything that it printed. */
export interface Ended {
  readonly code: number;
  readonly text: string;
}

/** A Pulumi program of somebody else in an empty folder, on an emulator that this process serves. */
export class ForeignProgram implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "fabric-foreign-"));
  readonly emulator: Emulator;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(emulator: Emulator) {
    this.emulator = emulator;
    mkdirSync(join(this.folder, "state"));
    this.#env = {
      ...process.env,
      PULUMI_BACKEND_URL: pathToFileURL(join(this.folder, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: "",
      FABRIC_RETRY_BASE_MS: "20",
      FABRIC_ENDPOINT: emulator.url,
      FABRIC_GRAPH_ENDPOINT: emulator.origin,
    };
  }

  /** @param project more keys for Pulumi.yaml */
  static async start(yaml: Readonly<Record<string, unknown>> = {}): Promise<ForeignProgram> {
    const program = new ForeignProgram(await startEmulator());
    program.write(
      "Pulumi.yaml",
      stringify({ name: "sales", runtime: { name: "nodejs", options: { typescript: false } }, ...yaml }),
    );
    program.write(
      "package.json",
      JSON.stringify({ name: "sales", version: "1.0.0", type: "module", main: "index.ts" }),
    );
    return program;
  }

  /** Writes a file of the program's folder. */
  write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Writes the configuration of stack `test`. */
  configure(config: Readonly<Record<string, unknown>> = {}): void {
    const own = {
      endpoint: "emulator",
      protectData: false,
      features: { useRetryLogic: true, useRollback: true },
      ...config,
    };
    const keys = Object.entries(own).map(([key, value]) => [`fabric:${key}`, value] as const);
    this.write("Pulumi.test.yaml", stringify({ config: Object.fromEntries(keys) }));
  }

  /**
   * A command of the package, as its `bin` runs it.
   * @param cwd where it is called, below the folder
   */
  command(name: string, args: readonly string[] = [], cwd = "."): Promise<Ended> {
    const places = ["", "src"].map((folder) => join(this.folder, folder, "node_modules/fabric-environments"));
    const bin = join(places.find((place) => existsSync(place)) ?? "", "dist/cli/command.mjs");
    return this.run(process.execPath, [bin, name, "--stack", "test", ...args], cwd);
  }

  /** The compiler on the program's files. */
  compile(options: readonly string[], ...files: readonly string[]): Promise<Ended> {
    const tsc = join(project, "node_modules/typescript/bin/tsc");
    return this.run(process.execPath, [tsc, "--noEmit", "--strict", "--types", "node", ...options, ...files]);
  }

  /** Any program, called in the folder or in one below it. */
  async run(command: string, args: readonly string[], cwd = "."): Promise<Ended> {
    const child = spawn(command, args, {
      cwd: join(this.folder, cwd),
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? 1, text };
  }

  /** Names and descriptions of what there is: `Workspace raw: Raw data`, `Lakehouse bronze: `. */
  objects(): string[] {
    const { workspaces = [], items = [] } = this.emulator.service.store.snapshot() as unknown as Record<
      string,
      { type?: string; displayName: string; description?: string }[]
    >;
    return [...workspaces, ...items]
      .filter(({ type }) => type !== "SQLEndpoint")
      .map(({ type = "Workspace", displayName, description = "" }) => `${type} ${displayName}: ${description}`)
      .sort();
  }

  /** The display names of its stack's resources of Fabric, as the state has them. */
  async resources(): Promise<string[]> {
    const { text } = await this.run("pulumi", ["stack", "export", "--stack", "test", "--non-interactive"]);
    const { deployment } = JSON.parse(text) as { deployment: { resources?: { urn: string; type: string }[] } };
    return (deployment.resources ?? [])
      .filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/fabric:"))
      .map(({ urn }) => urn.split("::").slice(2).join(" "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
