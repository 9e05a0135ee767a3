import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Checkpoint } from "./checkpoint.ts";
import { readStateFile } from "./stateFile.ts";

/** A stack, and how to run the CLI for it. */
export interface StackAccess {
  readonly projectRoot: string;
  /** The stack's own name. */
  readonly stack: string;
  /**
   * The stack's name for the CLI: `ORG/PROJECT/S`. @default the own name, which the CLI looks for in its default organization
   */
  readonly reference?: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The stack's name for the CLI. */
export const referenceOf = ({ stack, reference }: Pick<StackAccess, "stack" | "reference">): string =>
  reference ?? stack;

/** Options for a run of the CLI. */
export interface CliOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Whether the call shows a command of the user's, with the options in the environment. @default false */
  readonly isTheirs?: boolean;
}

/** Options in the environment that say where and how a stack is kept, and so count for every call. */
const OF_THE_STACK = ["CONFIG_FILE", "DISABLE_INTEGRITY_CHECKING", "SECRETS_PROVIDER"].map(
  (name) => `PULUMI_OPTION_${name}`,
);

/**
 * The environment of a call of the project's own. Other options that somebody has set there (`PULUMI_OPTION_TARGET`) are meant for
 * commands of theirs: they would limit what is read again, show secrets in plain text, or put the state into a file.
 */
function envOfCall(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isLeftOut = (name: string) => name.startsWith("PULUMI_OPTION_") && !OF_THE_STACK.includes(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isLeftOut(name)));
}

/** Runs the CLI without a terminal. */
export async function runCli(args: readonly string[], { cwd, env, input = "", isTheirs = false }: CliOptions) {
  const own = isTheirs ? env : envOfCall(env);
  const child = spawn("pulumi", [...args, "--non-interactive"], { cwd, env: own, stdio: "pipe" });
  // a CLI that exits without reading its input breaks the pipe; its exit code and output explain the failure
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
 * Runs the CLI and returns its output.
 * @throws Error with the CLI's own message, if it fails
 */
export async function pulumi(args: readonly string[], options: CliOptions): Promise<string> {
  const { printed, complaints, code } = await runCli(args, options);
  if (code !== 0)
    throw new Error(`pulumi ${args.slice(0, 2).join(" ")} failed: ${complaints.trim() || printed.trim()}`);
  return printed;
}

/** The present checkpoint. Secrets stay encrypted. */
export async function exportCheckpoint(access: StackAccess): Promise<Checkpoint> {
  const { projectRoot, env } = access;
  const known = readStateFile(referenceOf(access), access);
  if (known) return known;
  const args = ["stack", "export", "--stack", referenceOf(access)];
  return JSON.parse(await pulumi(args, { cwd: projectRoot, env })) as Checkpoint;
}

/** {@link exportCheckpoint} for callers that cannot wait. */
export function exportCheckpointNow(access: StackAccess): Checkpoint {
  const { projectRoot, env } = access;
  const known = readStateFile(referenceOf(access), access);
  if (known) return known;
  const args = ["stack", "export", "--stack", referenceOf(access), "--non-interactive"];
  const printed = execFileSync("pulumi", args, {
    cwd: projectRoot,
    env: envOfCall(env),
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  return JSON.parse(printed) as Checkpoint;
}
