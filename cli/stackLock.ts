import { globSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isLiveProcess } from "../lib/liveProcess.ts";
import { LockedError } from "../lib/logStore.ts";
import type { Lock, LogStore } from "../lib/logStore.ts";
import { runPulumi } from "./pulumi.ts";

/** A lock that a run of the CLI left on a stack whose state is in a folder. */
export interface StaleLock {
  readonly pid: number;
  readonly since: string;
}

/**
 * The lock of a stack whose process is gone on this host, if there is one: what kill -9, a crash or a closed terminal
 * leaves. Locks of other hosts and of other kinds of backend cannot be judged from here.
 */
export function staleLockOf(stack: string, env: NodeJS.ProcessEnv): StaleLock | undefined {
  const url = env["PULUMI_BACKEND_URL"] ?? "";
  if (!url.startsWith("file:///")) return undefined;
  const folder = join(fileURLToPath(url.split("?")[0] ?? url), ".pulumi/locks/organization/fabric", stack);
  for (const file of globSync("*.json", { cwd: folder })) {
    const lock = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
      pid?: number;
      hostname?: string;
      timestamp?: string;
    };
    if (lock.pid !== undefined && lock.hostname === hostname() && !isLiveProcess(lock.pid))
      return { pid: lock.pid, since: lock.timestamp ?? "?" };
  }
  return undefined;
}

/**
 * Runs a command that may change a stack, alone: another one on the same log ends with 1 and a message, and nothing done.
 * Pulumi's own lock of the stack is removed where the process that took it is gone.
 * @returns the exit code
 */
export async function withStackToItself(
  stack: string,
  env: NodeJS.ProcessEnv,
  store: LogStore,
  run: () => Promise<number>,
): Promise<number> {
  let lock: Lock;
  try {
    lock = await store.lock(`${stack}.run`);
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    console.error(`Another deployment of stack '${stack}' is going on, so nothing was done. ${error.message}`);
    return 1;
  }
  try {
    const stale = staleLockOf(stack, env);
    if (stale) {
      const since = `since ${stale.since}`;
      console.error(`The stack is locked by process ${stale.pid} (${since}), which is gone: the lock is removed.`);
      await runPulumi(["cancel", "--yes", "--stack", stack], env);
    }
    return await run();
  } finally {
    await lock.release();
  }
}
