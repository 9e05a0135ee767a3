import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { isLiveProcess } from "../../lib/logStore/liveProcess.ts";
import { projectName } from "../../lib/config/projectFolder.ts";
import { pulumiFolder } from "../../lib/checkpoint/stateFile.ts";
import { projectRoot } from "./pulumi.ts";

/* Repairs the files of a state in a folder that a killed CLI left, and that would stop the next call of the CLI. */

/** A lock that a killed CLI left on a stack whose state is in a folder. */
export interface StaleLock {
  readonly pid: number;
  readonly since: string;
}

/**
 * A stack's lock whose process on this host is gone, if there is one: kill -9, a crash or a closed terminal leaves such a
 * lock. Locks of other hosts and of other kinds of backend cannot be judged from here.
 */
export function staleLockOf(stack: string, env: NodeJS.ProcessEnv): StaleLock | undefined {
  const folder = pulumiFolder(projectRoot, env);
  if (folder === undefined) return undefined;
  for (const file of filesIn(join(folder, "locks/organization", ownName(), stack), ".json")) {
    const lock = JSON.parse(readFileSync(file, "utf8")) as { pid?: number; hostname?: string; timestamp?: string };
    if (lock.pid !== undefined && lock.hostname === hostname() && !isLiveProcess(lock.pid))
      return { pid: lock.pid, since: lock.timestamp ?? "?" };
  }
  return undefined;
}

/**
 * Removes side files of a stack's state that a killed CLI was writing. The CLI writes the state atomically, but not its side
 * files. An empty side file makes every command fail with "failed to load checkpoint: EOF"; a missing one does no harm. Side
 * files of other stacks stay, because another process may be writing them.
 */
export function removeTornSideFiles(stack: string, env: NodeJS.ProcessEnv): void {
  const folder = pulumiFolder(projectRoot, env);
  if (folder === undefined) return;
  const files = [
    ...filesIn(join(folder, "stacks", ownName()), ".attrs").filter((file) =>
      basename(file).startsWith(`${stack}.json`),
    ),
    ...["history", "backups", "locks/organization"].flatMap((place) =>
      filesIn(join(folder, place, ownName(), stack), ".attrs"),
    ),
  ];
  for (const file of files) if (!isJson(file)) rmSync(file, { force: true });
}

/** The project's name, a part of the paths of its files. */
const ownName = () => projectName(projectRoot) ?? "fabric";

/** Files of a folder whose names end in a text. No glob: names of folders and stacks may hold a glob's special characters. */
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
