import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { isLiveProcess } from "../../lib/logStore/liveProcess.ts";
import { stateFolder } from "../../lib/config/stateFolder.ts";
import { projectRoot } from "./pulumi.ts";

/* The files of a state that is in a folder, as far as a CLI that was killed leaves them in a condition that stops the next one. */

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
  const folder = backendFolder(env);
  if (folder === undefined) return undefined;
  for (const file of filesIn(join(folder, "locks/organization/fabric", stack), ".json")) {
    const lock = JSON.parse(readFileSync(file, "utf8")) as { pid?: number; hostname?: string; timestamp?: string };
    if (lock.pid !== undefined && lock.hostname === hostname() && !isLiveProcess(lock.pid))
      return { pid: lock.pid, since: lock.timestamp ?? "?" };
  }
  return undefined;
}

/** Where a backend in a folder keeps everything; undefined for other kinds of backend. */
function backendFolder(env: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(env["PULUMI_BACKEND_URL"] ?? "", projectRoot);
  return folder === undefined ? undefined : join(folder, ".pulumi");
}

/**
 * Removes side files of a stack's state that a killed CLI was writing. They are not written whole or not at all, as the
 * state itself is, and an empty one makes every command fail with "failed to load checkpoint: EOF"; a missing one does no
 * harm. Those of other stacks stay, because somebody may be writing them.
 */
export function removeTornSideFiles(stack: string, env: NodeJS.ProcessEnv): void {
  const folder = backendFolder(env);
  if (folder === undefined) return;
  const files = [
    ...filesIn(join(folder, "stacks/fabric"), ".attrs").filter((file) => basename(file).startsWith(`${stack}.json`)),
    ...["history/fabric", "backups/fabric", "locks/organization/fabric"].flatMap((place) =>
      filesIn(join(folder, place, stack), ".attrs"),
    ),
  ];
  for (const file of files) if (!isJson(file)) rmSync(file, { force: true });
}

/** Files of a folder whose names end in a text. No glob: a folder or a stack may be named as a pattern is written. */
function filesIn(folder: string, end: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name));
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
