import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { settleHome } from "./homeFolder.mjs";
import { say, startProgress } from "./progress.mjs";

try {
  const note = settleHome();
  if (note) say(note);
} catch (error) {
  // here, where nothing else has begun, because without such a folder nothing can
  console.error(`Set-up failed. ${error.message}`);
  process.exit(1);
}

/** The user's folder for files that all clones of the project share: Node, the Pulumi CLI, Node's compile cache. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fabric-environments");

/** Time between signs of life of a lock's holder; without any for `staleMs`, the lock counts as abandoned. */
const heartbeatMs = 5000;
const staleMs = 30_000;

/**
 * Makes the folder `target` in one piece: `make(folder)` fills a temporary sibling, which is renamed at the end. An interrupted
 * run therefore leaves nothing that looks finished, and the next run removes the remains.
 */
export async function makeFolder(target, make) {
  await withLock(target, async () => {
    if (existsSync(target)) return; // another clone was faster
    const parent = dirname(target);
    const prefix = `${basename(target)}.tmp-`;
    for (const name of readdirSync(parent)) {
      if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true });
    }
    const temporary = join(parent, `${prefix}${process.pid}`);
    mkdirSync(temporary);
    try {
      await make(temporary);
      renameSync(temporary, target);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
}

/** Writes a small file in one piece, and only if its content differs. */
export function writeFileWhole(path, content, mode = 0o644) {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return;
  const temporary = `${path}.tmp-${process.pid}`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}

/**
 * Does `work` while no other process does work for the same target, and waits for such a process. If two processes take over
 * the same abandoned lock in the same instant, both may get it. That wastes work but harms nothing, because folders are put in
 * place whole.
 */
export async function withLock(target, work) {
  const path = `${target}.lock`;
  mkdirSync(dirname(path), { recursive: true });
  let progress;
  while (!take(path)) {
    progress ??= startProgress(`Waiting for another set-up that makes ${target}`);
    await sleep(250);
  }
  progress?.end("the other set-up has ended");
  const heartbeat = setInterval(() => {
    if (existsSync(path)) utimesSync(path, new Date(), new Date());
  }, heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(path, { force: true });
  }
}

/** Takes the lock if it is free or abandoned. The file appears together with its content, so no process reads half of it. */
function take(path) {
  const own = `${path}.${process.pid}`;
  const holder = JSON.stringify({ pid: process.pid, host: hostname() });
  writeFileSync(own, holder);
  try {
    try {
      linkSync(own, path);
    } catch (error) {
      if (error.code === "EEXIST") throw error;
      writeFileSync(path, holder, { flag: "wx" }); // a file system without hard links
    }
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isLeftBehind(path)) rmSync(path, { force: true });
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function isLeftBehind(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs > staleMs) return true;
    const { pid, host } = JSON.parse(readFileSync(path, "utf8"));
    return host === hostname() && !isAlive(pid);
  } catch (error) {
    if (error.code === "ENOENT") return false; // just released
    return error instanceof SyntaxError;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
