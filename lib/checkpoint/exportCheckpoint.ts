import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Checkpoint } from "./checkpoint.ts";

/** A stack, and how the CLI is run for it. */
export interface StackAccess {
  readonly projectRoot: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How the CLI is run. */
export interface CliOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** Runs the CLI without a terminal. */
export async function runCli(args: readonly string[], { cwd, env, input = "" }: CliOptions) {
  const child = spawn("pulumi", [...args, "--non-interactive"], { cwd, env, stdio: "pipe" });
  // a CLI that ends without reading breaks the pipe; its exit code and words say why
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { printed, complaints, code };
}

/**
 * Runs the CLI and gives what it prints.
 * @throws Error with the CLI's own words, where it fails
 */
export async function pulumi(args: readonly string[], options: CliOptions): Promise<string> {
  const { printed, complaints, code } = await runCli(args, options);
  if (code !== 0)
    throw new Error(`pulumi ${args.slice(0, 2).join(" ")} failed: ${complaints.trim() || printed.trim()}`);
  return printed;
}

/** The checkpoint as it is; secrets stay encrypted. */
export async function exportCheckpoint({ projectRoot, stack, env }: StackAccess): Promise<Checkpoint> {
  return JSON.parse(await pulumi(["stack", "export", "--stack", stack], { cwd: projectRoot, env })) as Checkpoint;
}
