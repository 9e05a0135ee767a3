import { copyFileSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { isLiveProcess } from "../../lib/logStore/liveProcess.ts";
import { STATE_FORMS, formIn, newestState, pulumiFolder } from "../../lib/checkpoint/stateFile.ts";
import { projectName } from "../../lib/project/projectFolder.ts";
import { projectRoot } from "../pulumi/pulumi.ts";

/*
 * The files of a state in a folder. Repairs what a killed CLI left, and what would stop the next call of the CLI, and changes
 * the form of a state ahead of the CLI.
 */

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

/**
 * Puts the backup of a stack's state in its place, if the state is missing. A CLI that writes a state in another form removes
 * the file of the former one before, and a kill in between leaves only the backup of that.
 */
export function restoreLostState(stack: string, env: NodeJS.ProcessEnv): void {
  const base = baseOf(stack, env);
  if (base === undefined || newestState(base)) return;
  const backup = newestState(base, ".bak");
  if (!backup) return;
  const part = `${base}${backup.form.end}.part`;
  copyFileSync(backup.path, part);
  renameSync(part, `${base}${backup.form.end}`);
}

/**
 * Gives a stack's state the form in which the next call of the CLI writes it: first the new file as a whole, and then the old
 * one goes. The CLI would do so in the opposite order. Does nothing while a CLI works on the stack; a folder that refuses it
 * leaves it to the CLI.
 */
export function changeFormOfState(stack: string, env: NodeJS.ProcessEnv): void {
  const base = baseOf(stack, env);
  const folder = pulumiFolder(projectRoot, env);
  if (base === undefined || folder === undefined) return;
  if (filesIn(join(folder, "locks/organization", ownName(), stack), ".json").length > 0) return;
  const [found, wanted] = [newestState(base), formIn(env)];
  if (!found) return;
  try {
    if (found.form !== wanted) {
      const part = `${base}${wanted.end}.part`;
      const content = wanted.pack(found.form.unpack(readFileSync(found.path)));
      writeFileSync(part, content, { flush: true });
      renameSync(part, `${base}${wanted.end}`);
    }
    // a backup of another form serves until the CLI has made one of the wanted form
    const isBackedUp = newestState(base, ".bak")?.form === wanted;
    const others = STATE_FORMS.filter((form) => form !== wanted).map(({ end }) => base + end);
    for (const file of isBackedUp ? [...others, ...others.map((other) => `${other}.bak`)] : others)
      for (const one of [file, `${file}.attrs`]) rmSync(one, { force: true });
  } catch {
    // see above
  }
}

/** Path of a stack's state without the end of its form; undefined for other kinds of backend. */
function baseOf(stack: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = pulumiFolder(projectRoot, env);
  return folder === undefined ? undefined : join(folder, "stacks", ownName(), `${stack}.json`);
}

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
