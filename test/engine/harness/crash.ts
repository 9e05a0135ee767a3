import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { FaultRule } from "../../../emulator/core/faults.ts";
import { isLiveProcess } from "../../../lib/logStore/liveProcess.ts";
import type { EngineStack } from "./engineStack.ts";

/** `pulumi <command>` without questions. */
export const pulumi = (command: string) => [
  "pulumi",
  command,
  "--yes",
  "--skip-preview",
  "--non-interactive",
  "--stack",
  "test",
];

/** One of the project's own commands. */
export const projectCommand = (file: string, ...args: string[]) => [
  process.execPath,
  resolve(import.meta.dirname, "../../..", file),
  // the first argument may name a command of the CLI
  ...args,
  "--stack",
  "test",
];

/**
 * Who is killed: the command with everything it started, the Pulumi CLI alone, the command alone, whose CLI goes on, or
 * everything as soon as the provider has ended, while the engine has not yet written its last state.
 */
export type Victim = "everything" | "engine" | "command" | "everything but the provider, which has ended";

/** A crash that is to happen. */
export interface Crash {
  readonly command: readonly string[];
  readonly rule: FaultRule;
  /** Other rules, which kill nothing. */
  readonly others?: readonly FaultRule[];
  readonly victim?: Victim;
  readonly env?: NodeJS.ProcessEnv;
  /** Called when the command has ended. @param code null if it was killed itself */
  readonly onEnd?: (code: number | null, text: string) => void;
}

/**
 * Runs a command, and kills when the rule hits a request.
 * @param hit resolves when it does
 * @returns the processes of the command at that time; undefined where it ended before
 */
export async function crash(
  stack: EngineStack,
  hit: Promise<void>,
  { command, rule, others = [], victim = "everything", env, onEnd }: Crash,
): Promise<number[] | undefined> {
  stack.emulator.faults([rule, ...others]);
  const [program = "", ...args] = command;
  const output = onEnd ? "pipe" : "ignore";
  const child: ChildProcess = spawn(program, args, {
    cwd: stack.folder,
    env: { ...stack.env, ...env },
    stdio: ["ignore", output, output],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const exit = once(child, "exit");
  const isHit = await Promise.race([hit.then(() => true), exit.then(() => false)]);
  const family = isHit ? familyOf(child.pid ?? assert.fail()) : undefined;
  if (family && victim === "everything but the provider, which has ended") {
    // the answer that was held back is the last one
    const named = (name: RegExp) => family.filter(({ words }) => name.test(words)).map(({ pid }) => pid);
    const own = named(/dynamic-?provider/i);
    const providers = own.length > 0 ? own : named(/languageHost/);
    assert.notEqual(providers.length, 0, "no provider was found");
    await ended(providers);
  }
  for (const pid of family ? victimsAmong(family, victim) : []) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended already
    }
  }
  const [code] = (await exit) as [number | null];
  if (victim === "command") await ended(family?.map(({ pid }) => pid) ?? []);
  stack.emulator.faults([]);
  onEnd?.(code, text);
  return family?.map(({ pid }) => pid);
}

/** Resolves when none of the processes runs any more. */
async function ended(pids: readonly number[]): Promise<void> {
  while (pids.some(isLiveProcess)) await new Promise((resolve) => setTimeout(resolve, 1));
}

interface Process {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  /** Its command line. */
  readonly words: string;
}

/** A process and everything it started, by process id: plugins have process groups of their own. */
function familyOf(pid: number): Process[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,comm=,args="], { encoding: "utf8" }).trim().split("\n");
  const all = table.map((line): Process => {
    const [own = "", parent = "", name = "", ...words] = line.trim().split(/\s+/);
    return { pid: Number(own), ppid: Number(parent), name, words: words.join(" ") };
  });
  const family = all.filter((process) => process.pid === pid);
  for (const parent of family) family.push(...all.filter(({ ppid }) => ppid === parent.pid));
  return family;
}

function victimsAmong(family: readonly Process[], victim: Victim): number[] {
  if (victim === "command") return family.slice(0, 1).map(({ pid }) => pid);
  const chosen = victim !== "engine" ? family : family.filter(({ name }) => name === "pulumi");
  return chosen.map(({ pid }) => pid).toReversed();
}
