import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readSync,
  fstatSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { FabricError, isOutcomeUnknown } from "./fabricError.ts";

/** How to undo an effect, as data: it has to survive the process that had the effect. */
export interface Compensation {
  readonly function: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What is about to be done remotely. */
export interface Intent {
  readonly operation: "create" | "update" | "delete";
  /** Kind of the resource: `Workspace`. */
  readonly resourceType: string;
  readonly resourceName: string;
  /** Null where nothing but the saved checkpoint can undo it. */
  readonly compensation: Compensation | null;
  /** Of a create: whether its name was seen to be free. Only then an object of that name can be this create's. */
  readonly wasFree?: boolean;
}

/** A fact, before it gets its place in the log. */
export type Fact =
  | { readonly kind: "begin"; readonly stack: string; readonly enableRollback: boolean; readonly checkpoint?: string }
  | ({ readonly kind: "intent"; readonly step: string } & Intent)
  | { readonly kind: "done"; readonly step: string; readonly resourceId: string }
  | {
      readonly kind: "failed";
      readonly step: string;
      readonly reason: string;
      readonly errorCode?: string;
      readonly status?: number;
      readonly requestId?: string;
      /** The request may have had its effect all the same. */
      readonly isOutcomeUnknown?: boolean;
    }
  | { readonly kind: "commit" }
  | { readonly kind: "rollback"; readonly reason: string }
  | { readonly kind: "compensated"; readonly step: string }
  | { readonly kind: "compensationFailed"; readonly step: string; readonly reason: string }
  | { readonly kind: "rolledBack" };

/** One line of the log. */
export type Entry = Fact & {
  /** Version of the format. */
  readonly v: 1;
  readonly transactionId: string;
  /** Counts up within the process that wrote it. */
  readonly seq: number;
  /** Process that wrote it: several share a log, one after the other. */
  readonly pid: number;
  /** Time, ISO 8601. */
  readonly at: string;
};

/**
 * The write-ahead log of one transaction: a file of JSON lines, each on disk before the process goes on. Several
 * processes may append to it; each line is one write, so lines never mix.
 */
export class TransactionLog {
  readonly transactionId: string;
  readonly #file: FileHandle;
  readonly #clock: Clock;
  #seq = 0;
  #writing: Promise<unknown> = Promise.resolve();
  #steps = 0;

  private constructor(transactionId: string, file: FileHandle, clock: Clock) {
    this.transactionId = transactionId;
    this.#file = file;
    this.#clock = clock;
  }

  /** Opens the log of a transaction, and makes it if it does not exist. A torn last line is cut off. */
  static async open(options: {
    readonly folder: string;
    readonly transactionId: string;
    readonly clock?: Clock;
  }): Promise<TransactionLog> {
    const { folder, transactionId, clock = systemClock } = options;
    privateFolder(folder);
    const path = logFile(folder, transactionId);
    cutTornLine(path);
    return new TransactionLog(transactionId, await open(path, "a", 0o600), clock);
  }

  /** Whether a step is going on. */
  get isBusy(): boolean {
    return this.#steps > 0;
  }

  /** The first line of a transaction. */
  begin(stack: string, enableRollback: boolean, checkpoint?: string): Promise<void> {
    return this.#append({ kind: "begin", stack, enableRollback, ...(checkpoint && { checkpoint }) });
  }

  /**
   * Has an effect: intent on disk, then the call, then its outcome on disk. The only way from a resource kind to the
   * service.
   * @param resourceId the id of the object, from the call's result
   * @throws what the call throws, after noting it
   */
  async step<T>(intent: Intent, call: () => Promise<T>, resourceId: (result: T) => string): Promise<T> {
    const step = randomBytes(6).toString("hex");
    this.#steps++;
    try {
      await this.#append({ kind: "intent", step, ...intent });
      const result = await this.#attempt(step, call);
      await this.#append({ kind: "done", step, resourceId: resourceId(result) });
      return result;
    } finally {
      this.#steps--;
    }
  }

  async #attempt<T>(step: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      await this.#append({ kind: "failed", step, ...reasonOf(error) });
      throw error;
    }
  }

  /** The transaction is complete; nothing rolls it back any more. */
  commit(): Promise<void> {
    return this.#append({ kind: "commit" });
  }

  /** A rollback begins. */
  rollback(reason: string): Promise<void> {
    return this.#append({ kind: "rollback", reason });
  }

  /** A rollback is complete. */
  rolledBack(): Promise<void> {
    return this.#append({ kind: "rolledBack" });
  }

  /** Waits for what is being written and closes the file. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close();
  }

  #append(fact: Fact): Promise<void> {
    const { transactionId } = this;
    const place = {
      v: 1,
      transactionId,
      seq: ++this.#seq,
      pid: process.pid,
      at: new Date(this.#clock.now()).toISOString(),
    } as const;
    const line = `${JSON.stringify({ ...place, ...fact })}\n`;
    const write = async () => {
      await this.#file.write(line);
      await this.#file.datasync();
    };
    // a line after a failed one must still be tried: the disk may have room again
    const written = this.#writing.then(write, write);
    this.#writing = written;
    return written;
  }
}

function reasonOf(error: unknown) {
  if (!(error instanceof FabricError)) return { reason: error instanceof Error ? error.message : String(error) };
  const { message, errorCode, status, requestId } = error;
  return {
    reason: message,
    errorCode,
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(isOutcomeUnknown(error) && { isOutcomeUnknown: true }),
  };
}

/** The entries of a log. A last line without its end was being written when the process died, and does not count. */
export function readTransactionLog(folder: string, transactionId: string): Entry[] {
  const lines = readFileSync(logFile(folder, transactionId), "utf8").split("\n");
  return lines
    .slice(0, -1)
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}

/** The logs of a stack that are in a folder, oldest first. */
export function readTransactionLogs(folder: string, stack: string): Entry[][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => readTransactionLog(folder, file.slice(0, -".jsonl".length)))
    .filter(([begin]) => begin?.kind === "begin" && begin.stack === stack)
    .sort(([left], [right]) => (left?.at ?? "").localeCompare(right?.at ?? ""));
}

/** Removes the oldest committed logs of a stack, with what is kept beside them; open and rolled back ones stay. */
export function pruneTransactionLogs(folder: string, stack: string, keep = 20): void {
  const committed = readTransactionLogs(folder, stack).filter((entries) =>
    entries.some(({ kind }) => kind === "commit"),
  );
  for (const [begin] of committed.slice(0, Math.max(0, committed.length - keep))) {
    if (!begin) continue;
    const { transactionId } = begin;
    const beside = [checkpointFile(folder, transactionId), definitionsFolder(folder, transactionId)];
    for (const path of [logFile(folder, transactionId), ...beside]) rmSync(path, { recursive: true, force: true });
  }
}

/** Where the checkpoint from before a transaction is kept, as the engine exported it: its secrets stay encrypted. */
export function checkpointFile(folder: string, transactionId: string): string {
  return logFile(folder, transactionId).replace(/\.jsonl$/, ".checkpoint.json");
}

/** Where the definitions that a transaction changed or deleted are kept as they were. */
export function definitionsFolder(folder: string, transactionId: string): string {
  return logFile(folder, transactionId).replace(/\.jsonl$/, ".definitions");
}

/** An id that sorts by time and says what it is of: `dev-20261124T120000Z-3fa9`. */
export function newTransactionId(stack: string, clock: Clock = systemClock): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${stack}-${time}-${randomBytes(2).toString("hex")}`;
}

/** Names the running transaction of a stack, so that the provider process of a plain `pulumi up` finds it. */
export function announceTransaction(folder: string, stack: string, transactionId: string): void {
  privateFolder(folder);
  const file = openFile(folder, stack);
  writeFileSync(`${file}.new`, transactionId, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The running transaction of a stack, if one was announced. */
export function announcedTransaction(folder: string, stack: string): string | undefined {
  const file = openFile(folder, stack);
  return existsSync(file) ? readFileSync(file, "utf8").trim() || undefined : undefined;
}

/** Takes the announcement back. */
export function withdrawTransaction(folder: string, stack: string): void {
  rmSync(openFile(folder, stack), { force: true });
}

/** A log, and whether it was begun for this process alone, which then has to end it. */
export interface Joined {
  readonly log: TransactionLog;
  readonly isOwn: boolean;
}

/**
 * The log that a provider process writes to: of the transaction in FABRIC_TRANSACTION_ID, of the one announced for the
 * stack, or of a new one.
 */
export async function joinTransaction(options: {
  readonly folder: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: Clock;
}): Promise<Joined> {
  const { folder, stack, env, clock = systemClock } = options;
  const known = env["FABRIC_TRANSACTION_ID"] || announcedTransaction(folder, stack);
  const transactionId = known ?? newTransactionId(stack, clock);
  const isNew = !existsSync(logFile(folder, transactionId));
  const log = await TransactionLog.open({ folder, transactionId, clock });
  if (isNew) {
    pruneTransactionLogs(folder, stack);
    await log.begin(stack, false);
  }
  return { log, isOwn: isNew };
}

/** @throws Error for an id that is no plain file name */
function logFile(folder: string, transactionId: string): string {
  if (!/^[\w.-]+$/.test(transactionId))
    throw new Error(`'${transactionId}' cannot be the id of a transaction: letters, digits, dots and dashes only.`);
  return join(folder, `${transactionId}.jsonl`);
}

const openFile = (folder: string, stack: string) => join(folder, `${stack}.open`);

function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

function cutTornLine(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, "r+");
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(Math.min(size, 1 << 20));
    readSync(file, last, 0, last.length, size - last.length);
    const end = last.lastIndexOf(10);
    if (end !== last.length - 1) ftruncateSync(file, size - last.length + end + 1);
  } finally {
    closeSync(file);
  }
}
