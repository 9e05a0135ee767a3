import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  globSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { LineQueue } from "./lineQueue.ts";
import { isDead, ownHolder } from "./lockHolder.ts";
import { LockedError } from "./logStore.ts";
import type { Appender, AppenderOptions, Holder, Lock, LogStore } from "./logStore.ts";

/** Pause between looks at a lock that is held. */
const LOOK_AGAIN_MS = 100;

/** Logs in a folder of this machine. Only the owner can read the folder (mode 700) and the files (mode 600). */
export class FolderLogStore implements LogStore {
  readonly where: string;
  readonly #clock: Clock;
  #isMade = false;

  constructor(folder: string, clock: Clock = systemClock) {
    this.where = folder;
    this.#clock = clock;
  }

  async appender(name: string, { isDurable = true }: AppenderOptions = {}): Promise<Appender> {
    const path = this.#path(name);
    this.#makeFolder();
    await this.#cutTornLine(path);
    const file = await open(path, "a", 0o600);
    const write = async (lines: string) => {
      const { bytesWritten } = await file.write(lines);
      const length = Buffer.byteLength(lines);
      if (bytesWritten < length) throw new Error(`only ${bytesWritten} of ${length} bytes could be written to ${path}`);
    };
    const queue = new LineQueue(async (lines) => {
      try {
        await write(lines);
      } catch (error) {
        cutQuietly(path);
        throw error;
      }
      if (isDurable) await file.datasync();
    });
    return {
      append: (line) => queue.append(line),
      async close() {
        await queue.idle();
        await file.close();
      },
    };
  }

  async read(name: string): Promise<Buffer | undefined> {
    try {
      return readFileSync(this.#path(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    this.#makeFolder();
    const path = this.#path(name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const fresh = `${path}.${randomBytes(4).toString("hex")}.new`;
    writeFileSync(fresh, content, { mode: 0o600, flush: true });
    renameSync(fresh, path);
  }

  async names(): Promise<readonly string[]> {
    return globSync("**/*", { cwd: this.where }).map((name) => name.split(sep).join("/"));
  }

  async remove(name: string): Promise<void> {
    rmSync(this.#path(name.replace(/\/$/, "")), { recursive: true, force: true });
  }

  async lock(name: string, { waitMs = 0 }: { readonly waitMs?: number } = {}): Promise<Lock> {
    this.#makeFolder();
    const path = this.#path(`${name}.lock`);
    const own = ownHolder(this.#clock.now());
    for (const deadline = this.#clock.now() + waitMs; ;) {
      if (isTaken(path, own)) return { release: async () => removeOwn(path, own) };
      const holder = holderOf(path);
      if (holder && isDead(holder)) removeStale(path, holder);
      else if (this.#clock.now() >= deadline) {
        const remedy = `Wait until it has ended. If that process is gone, remove ${path}.`;
        throw new LockedError(`The lock '${name}'`, this.where, holder, remedy);
      } else await this.#clock.sleep(LOOK_AGAIN_MS);
    }
  }

  /**
   * Cuts off what follows the last end of a line, unless another process is writing the line at this moment: a reader can see a
   * part of a write.
   */
  async #cutTornLine(path: string): Promise<void> {
    const torn = tornLine(path);
    if (!torn) return;
    await this.#clock.sleep(LOOK_AGAIN_MS);
    const now = tornLine(path);
    if (now?.size === torn.size) truncateSync(path, torn.end);
  }

  #path(name: string): string {
    return join(this.where, name);
  }

  #makeFolder(): void {
    if (this.#isMade) return;
    try {
      mkdirSync(this.where, { recursive: true, mode: 0o700 });
      chmodSync(this.where, 0o700);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(
        `The transaction log cannot be written to ${this.where} (${code}). Name another folder, or a blob container: ` +
          `FABRIC_TRANSACTION_LOG in the environment, or fabric:transactionLog.`,
        { cause: error },
      );
    }
    this.#isMade = true;
  }
}

/**
 * Takes a lock if it is free. The lock is written under another name and then linked, so a reader never sees a lock without its
 * holder.
 */
function isTaken(path: string, own: Holder): boolean {
  const fresh = `${path}.${randomBytes(4).toString("hex")}.new`;
  writeFileSync(fresh, JSON.stringify(own), { mode: 0o600 });
  try {
    linkSync(fresh, path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST" ? false : isTakenWithoutLinks(path, own);
  } finally {
    rmSync(fresh);
  }
}

/** The same on a file system without hard links, such as SMB's: a lock whose holder cannot be read yet counts as held. */
function isTakenWithoutLinks(path: string, own: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(own), { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

/** Removes the lock of a dead holder, unless another process has done so and holds the lock now. */
function removeStale(path: string, holder: Holder): void {
  const aside = `${path}.${randomBytes(4).toString("hex")}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = holderOf(aside);
  if (moved && (moved.pid !== holder.pid || moved.since !== holder.since)) {
    try {
      linkSync(aside, path);
    } catch {
      // a third process has taken the lock meanwhile; the second process notices when it looks again
    }
  }
  rmSync(aside, { force: true });
}

function removeOwn(path: string, own: Holder): void {
  const holder = holderOf(path);
  if (holder?.pid === own.pid && holder.since === own.since) rmSync(path, { force: true });
}

/** Cuts off a line that was not written whole: the next line would go on with it, and the log would be damaged. */
function cutQuietly(path: string): void {
  try {
    const torn = tornLine(path);
    if (torn) truncateSync(path, torn.end);
  } catch {
    // the failed write is what the caller must know
  }
}

/** Bytes that are read at once to find the end of the last whole line. */
const LOOK_BYTES = 1 << 20;

/** A file's size, and where its last whole line ends; undefined if the file ends there, or does not exist. */
function tornLine(path: string): { readonly size: number; readonly end: number } | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    let end = size;
    for (let found = -1; end > 0 && found < 0;) {
      const part = Buffer.alloc(Math.min(end, LOOK_BYTES));
      readSync(file, part, 0, part.length, end - part.length);
      found = part.lastIndexOf(10);
      end = end - part.length + found + 1;
    }
    return end < size ? { size, end } : undefined;
  } finally {
    closeSync(file);
  }
}
