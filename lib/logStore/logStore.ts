/*
 * The storage of transaction logs and of the files beside them: checkpoints, definitions, the name of the open transaction.
 * Names are `<transactionId>.jsonl`, `<transactionId>.checkpoint.json`, `<transactionId>.definitions/<key>.json.gz`,
 * `<stack>.open`.
 */

/** A place for logs. Everything in it is private to the team: checkpoints hold encrypted secrets, logs hold names. */
export interface LogStore {
  /** Path or URL, for messages. */
  readonly where: string;
  /** Opens a file for appending lines; creates it if it does not exist. Cuts off an incomplete last line. */
  appender(name: string, options?: AppenderOptions): Promise<Appender>;
  /** The content of a file; undefined if the file does not exist. */
  read(name: string): Promise<Buffer | undefined>;
  /** Writes a whole file, so that readers see the old content or the new one. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Names of the files. Names of files in sub-folders contain a slash. */
  names(): Promise<readonly string[]>;
  /** Removes a file, or everything below a name that ends in a slash. Not finding it is success. */
  remove(name: string): Promise<void>;
  /**
   * Takes an exclusive lock. The lock of a holder that is known to be dead is taken over.
   * @param waitMs how long to wait for a living holder. @default 0
   * @throws LockedError if another process holds the lock
   */
  lock(name: string, options?: { readonly waitMs?: number }): Promise<Lock>;
}

/** How a file grows. */
export interface AppenderOptions {
  /**
   * Whether a line that was appended survives a crash of the machine. Files that only reports read do without: their writes
   * must not make the log wait for the disk. @default true
   */
  readonly isDurable?: boolean;
}

/** A file that grows. */
export interface Appender {
  /** Appends a line, in the order of the calls; resolves when the line is durable. Waiting lines may share a write. */
  append(line: string): Promise<void>;
  /** Waits for pending writes. */
  close(): Promise<void>;
}

/** A lock that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

/** The holder of a lock. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Time at which the lock was taken, ISO 8601. */
  readonly since: string;
  /** Start of the process, in the operating system's unit; needed because process ids are reused. */
  readonly processStart?: string | undefined;
  /** Scope of the process id: this boot of this machine, and this container. Unknown on some systems. */
  readonly processSpace?: string | undefined;
}

/** Another process holds a lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  readonly holder: Holder | undefined;
  constructor(lock: string, where: string, holder: Holder | undefined, remedy: string) {
    const who = holder ? `process ${holder.pid} on ${holder.host} since ${holder.since}` : "another process";
    super(`${lock} in ${where} is held by ${who}. ${remedy}`);
    this.holder = holder;
  }
}

/** Another process holds a lock of this process, or has held it: this process must stop writing. */
export class LockLostError extends Error {
  override readonly name = "LockLostError";
  constructor(lock: string, where: string) {
    super(
      `${lock} in ${where} was lost: this machine slept or was cut off for too long, and another process has taken it. ` +
        `Nothing more is written. Look at what that process did before you deploy again.`,
    );
  }
}
