import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Checkpoint } from "./checkpoint.ts";

/** A stack, and how the CLI is run for it. */
export interface StackAccess {
  readonly projectRoot: string;
  /** Its own name. */
  readonly stack: string;
  /** What the CLI is told: `ORG/PROJECT/S`. @default its own name, which the CLI looks for in its default organization */
  readonly reference?: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What the CLI is told for a stack. */
export const referenceOf = ({ stack, reference }: Pick<StackAccess, "stack" | "reference">): string =>
  reference ?? stack;

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
export async function exportCheckpoint(access: StackAccess): Promise<Checkpoint> {
  const { projectRoot, env } = access;
  const args = ["stack", "export", "--stack", referenceOf(access)];
  return JSON.parse(await pulumi(args, { cwd: projectRoot, env })) as Checkpoint;
}
