import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { isSwitchedOn } from "../../lib/project/cliSwitch.ts";
import { isOptionOn } from "../commandLine/optionVariables.ts";
import { executableIn, pathFolders } from "../setup/executables.mjs";
import type { Configured } from "./configuration.ts";

/*
 * A configuration that is too long for the language host of the vendor's CLI. That host hands it to the program in one environment
 * variable, and the engine's message of that says neither what is too long nor what helps. This project's host
 * (../languageHost/longConfiguration.cjs) takes any length.
 * https://github.com/pulumi/pulumi/issues/8680
 */

/** What a system surely takes: on Linux, execve(2) takes 32 pages for one variable, which are 128 KiB or more. */
const HARMLESS_BYTES = 100 * 1024;

/**
 * Refuses what the program could not be started with, before the engine tells it less clearly.
 * @param bytes of the configuration (`StackSettings.configurationBytes`)
 * @throws Error that says what is too long, and what to do
 */
export function assertStartable(stack: string, bytes: number, env: NodeJS.ProcessEnv): void {
  if (bytes < HARMLESS_BYTES || takesAnyLength(env) || isStartable(bytes)) return;
  throw new Error(
    `The configuration of stack '${stack}' is too long for the language host of the Pulumi CLI, so nothing was done. The host hands ` +
      `it to the program in one environment variable of ${inBytes(bytes)}; Linux takes ${inBytes(128 * 1024)}. Move workspaces into ` +
      `files of their own, and let an entry of fabric:workspaces name these: - from: workspaces/*.yaml ` +
      `(docs/scale.md#workspaces-in-files).`,
  );
}

/** Whether a refresh or a destroy runs the program, which it does only if it is asked to. */
export const runsProgram = (args: readonly string[], env: NodeJS.ProcessEnv): boolean =>
  isOptionOn(args, env, "run-program") || isSwitchedOn(env["PULUMI_RUN_PROGRAM"]);

/** Bytes of the configuration in the vendor's environment variable, without keys of other namespaces: at least so many. */
export function configurationBytes(config: Configured): number {
  const texts = Object.entries(config).map(([key, value]) => [
    `fabric:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Buffer.byteLength(`PULUMI_CONFIG=${JSON.stringify(Object.fromEntries(texts))}\0`);
}

/** Whether the engine finds this project's language host: on PATH, or beside the CLI. */
function takesAnyLength(env: NodeJS.ProcessEnv): boolean {
  const folders = pathFolders(env["PATH"]);
  const find = (name: string) => folders.map((folder) => executableIn(folder, name)).find((path) => path !== undefined);
  const found = find("pulumi-language-nodejs") ?? find("pulumi");
  return found !== undefined && existsSync(join(dirname(realpathSync(found)), "languageHost.cjs"));
}

/** Whether this system starts a program with a variable of so many bytes. Its limit depends on the size of its pages. */
function isStartable(bytes: number): boolean {
  const name = "PULUMI_CONFIG";
  const env = { [name]: "x".repeat(bytes - `${name}=\0`.length) };
  const { error } = spawnSync(process.execPath, ["--version"], { env, stdio: "ignore" });
  return (error as NodeJS.ErrnoException | undefined)?.code !== "E2BIG";
}

const inBytes = (count: number) => `${count.toLocaleString("en")} bytes`;
