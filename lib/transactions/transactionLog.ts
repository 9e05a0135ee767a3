import { randomBytes } from "node:crypto";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { FabricError, mayHaveHadEffect } from "../api/fabricError.ts";
import { inStep } from "./attempts.ts";
import type { Entry, Fact, Intent } from "./entry.ts";
import { logEntries } from "./logEntries.ts";
import type { Appender, LogStore } from "../logStore/logStore.ts";
import { messageOf } from "../api/messageOf.ts";

/** A long-running operation, and its place. */
export type AcceptedOperation = Pick<Extract<Fact, { kind: "accepted" }>, "operationId" | "origin">;
/** Notes an operation that the service has accepted, so that a later run can wait for it. */
export type NoteAccepted = (operation: AcceptedOperation) => Promise<void>;

/**
 * The write-ahead log of one transaction: a file of JSON lines, each on disk before the process continues. Several processes
 * may append to it; a write holds whole lines, so lines never mix.
 */
export class TransactionLog {
  readonly transactionId: string;
  readonly #written: Entry[] = [];
  readonly #file: Appender;
  readonly #clock: Clock;
  readonly #warn: (line: string) => void;
  #seq: number;
  #steps = 0;

  private constructor(transactionId: string, last: number, file: Appender, clock: Clock, warn: (line: string) => void) {
    this.transactionId = transactionId;
    this.#seq = last;
    this.#file = file;
    this.#clock = clock;
    this.#warn = warn;
  }

  /**
   * Opens the log of a transaction, and makes it if it does not exist. A torn last line is cut off.
   * @throws UnreadableLogError if another version has written to it, or it is damaged; it stays as it is
   */
  static async open(options: {
    readonly store: LogStore;
    readonly transactionId: string;
    readonly clock?: Clock;
    /** Output for problems that stop nothing. @default standard error */
    readonly warn?: (line: string) => void;
  }): Promise<TransactionLog> {
    const { store, transactionId, clock = systemClock } = options;
    const warn = options.warn ?? ((line) => void process.stderr.write(`${line}\n`));
    const entries = await readTransactionLog(store, transactionId);
    const file = await store.appender(logFile(transactionId));
    const last = entries.reduce((highest, { seq }) => Math.max(highest, seq), 0);
    return new TransactionLog(transactionId, last, file, clock, warn);
  }

  /** The entries that this process has written, so that nobody has to read the log again. */
  get written(): readonly Entry[] {
    return this.#written;
  }

  /** Whether a step is in progress. */
  get isBusy(): boolean {
    return this.#steps > 0;
  }

  /** Writes the first line of a transaction. */
  begin(begin: Omit<Extract<Fact, { kind: "begin" }>, "kind">): Promise<void> {
    return this.#append({ kind: "begin", ...begin });
  }

  /**
   * Makes a change at the service: intent on disk, then the call, then its outcome on disk. Resource kinds have no other way
   * to change something.
   * @param call receives a function that notes the accepted operation, if the service names one
   * @param resourceId the id of the object, from the call's result
   * @throws the error of the call, after the log has noted it
   */
  async step<T>(
    intent: Intent,
    call: (accepted: NoteAccepted) => Promise<T>,
    resourceId: (result: T) => string,
  ): Promise<T> {
    const step = randomBytes(6).toString("hex");
    let isAccepted = false;
    const accepted = (operation: AcceptedOperation) => {
      isAccepted = true;
      return this.#accepted(step, operation);
    };
    this.#steps++;
    try {
      await this.#append({ kind: "intent", step, ...intent });
      const result = await this.#attempt(
        step,
        () => inStep(step, () => call(accepted)),
        () => isAccepted,
      );
      await this.#done(step, intent, resourceId(result));
      return result;
    } finally {
      this.#steps--;
    }
  }

  /**
   * Notes that an object is half-changed: one change takes several writes, and not all of them were done. For readers of the
   * log, the object has a write with an unknown outcome.
   */
  async doubt(intent: Intent, error: unknown): Promise<void> {
    const step = randomBytes(6).toString("hex");
    try {
      await this.#append({ kind: "intent", step, ...intent });
      await this.#append({ kind: "failed", step, ...reasonOf(error), isOutcomeUnknown: true });
    } catch (failure) {
      this.#warn(`The transaction log could not note a half-made change: ${reasonOf(failure).reason}`);
    }
  }

  /** Notes an object that exists already. @returns its step */
  async made(intent: Intent, resourceId: string): Promise<string> {
    const step = randomBytes(6).toString("hex");
    await this.#append({ kind: "intent", step, ...intent });
    await this.#append({ kind: "done", step, resourceId });
    return step;
  }

  /** Notes an operation. A failure is no reason to give up the call: without the note, the object is found by its name. */
  async #accepted(step: string, operation: AcceptedOperation): Promise<void> {
    try {
      await this.#append({ kind: "accepted", step, ...operation });
    } catch (error) {
      this.#warn(`The transaction log could not note operation ${operation.operationId}: ${reasonOf(error).reason}`);
    }
  }

  /**
   * Notes a success. If the note fails (a full disk), the caller still gets its result, so that the state holds the object.
   * If the state is not saved either, the log has the intent, and the object is found by its name.
   */
  async #done(step: string, { operation, resourceType, resourceName }: Intent, resourceId: string): Promise<void> {
    try {
      await this.#append({ kind: "done", step, resourceId });
    } catch (error) {
      const what = `${operation} of ${resourceType} '${resourceName}' (${resourceId})`;
      this.#warn(`The transaction log could not note the ${what}, which worked: ${reasonOf(error).reason}`);
    }
  }

  /** @param isAccepted whether the service works on the call: then an error that is not its own tells no outcome */
  async #attempt<T>(step: string, call: () => Promise<T>, isAccepted: () => boolean): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const isOutcomeUnknown = isAccepted() && !(error instanceof FabricError);
      // without this entry the outcome counts as unknown, which is safe; and the caller needs the call's own error
      await this.#append({
        ...{ kind: "failed", step, ...reasonOf(error) },
        ...(isOutcomeUnknown && { isOutcomeUnknown }),
      }).catch((failure: unknown) =>
        this.#warn(`The transaction log could not note a failure: ${reasonOf(failure).reason}`),
      );
      throw error;
    }
  }

  /** Commits the transaction: nothing rolls it back any more. */
  commit(checkpointHash?: string): Promise<void> {
    return this.#append({ kind: "commit", ...(checkpointHash && { checkpointHash }) });
  }

  /** Notes that a rollback begins. */
  rollback(reason: string): Promise<void> {
    return this.#append({ kind: "rollback", reason });
  }

  /** Notes that an orphan, or the object of a closure, is gone. */
  compensated(step: string): Promise<void> {
    return this.#append({ kind: "compensated", step });
  }

  /** Notes that an orphan still exists. */
  compensationFailed(step: string, reason: string): Promise<void> {
    return this.#append({ kind: "compensationFailed", step, reason });
  }

  /** Notes that the rollback is complete. */
  rolledBack(): Promise<void> {
    return this.#append({ kind: "rolledBack" });
  }

  /** Waits for pending writes and closes the file. */
  close(): Promise<void> {
    return this.#file.close();
  }

  async #append(fact: Fact): Promise<void> {
    const { transactionId } = this;
    const place = {
      v: 2,
      transactionId,
      seq: ++this.#seq,
      pid: process.pid,
      at: new Date(this.#clock.now()).toISOString(),
    } as const;
    const entry: Entry = { ...place, ...fact };
    await this.#file.append(`${JSON.stringify(entry)}\n`);
    this.#written.push(entry);
  }
}

function reasonOf(error: unknown) {
  if (!(error instanceof FabricError)) return { reason: messageOf(error) };
  const { message, errorCode, status, requestId } = error;
  return {
    reason: message,
    errorCode,
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(mayHaveHadEffect(error) && { isOutcomeUnknown: true }),
  };
}

/**
 * Name of a transaction's log in its store.
 * @throws Error if the id is no plain file name
 */
export function logFile(transactionId: string): string {
  if (!/^[\w.-]+$/.test(transactionId))
    throw new Error(`'${transactionId}' cannot be the id of a transaction: letters, digits, dots and dashes only.`);
  return `${transactionId}.jsonl`;
}

/**
 * The entries of a log; none if the log does not exist. An incomplete last line is ignored: the process died while it wrote
 * the line.
 * @throws UnreadableLogError if another version has written to the log, or it is damaged
 */
export async function readTransactionLog(store: LogStore, transactionId: string): Promise<Entry[]> {
  const name = logFile(transactionId);
  return logEntries((await store.read(name))?.toString() ?? "", { where: store.where, name });
}
