import type { ResourceRecord } from "./resourceRecord.ts";
import { FolderLogStore } from "../logStore/folderLogStore.ts";
import type { LogStore } from "../logStore/logStore.ts";
import { TransactionLog } from "./transactionLog.ts";
import { messageOf } from "../api/messageOf.ts";

/** Folder of logs that belong to no stack, below the current folder. */
const DEFAULT_FOLDER = ".fabric/transactions";

/**
 * The log of a {@link DeploymentTransaction}, for people who read it after a crash. Records have no compensation: closures die
 * with the process, and their arguments may hold secrets. A log that cannot be written stops nothing, because the closures
 * work without it.
 */
export class ClosureLog {
  readonly #transactionId: string;
  readonly #enableRollback: boolean;
  readonly #store: LogStore;
  #log: Promise<TransactionLog | undefined> | undefined;

  /** @param store @default `.fabric/transactions` */
  constructor(transactionId: string, enableRollback: boolean, store: LogStore = new FolderLogStore(DEFAULT_FOLDER)) {
    this.#transactionId = transactionId;
    this.#enableRollback = enableRollback;
    this.#store = store;
  }

  /** Notes a new object. @returns its step, for later entries about the object */
  async registered({ resourceType, resourceName, resourceId }: ResourceRecord): Promise<string> {
    const intent = { operation: "create", resourceType, resourceName, resourceId, compensation: null } as const;
    let step = "";
    await this.#note(async (log) => void (step = await log.made(intent, resourceId)));
    return step;
  }

  committed(): Promise<void> {
    return this.#end((log) => log.commit());
  }

  rollingBack(reason: string): Promise<void> {
    return this.#note((log) => log.rollback(reason));
  }

  cleaned(step: string): Promise<void> {
    return this.#note((log) => log.compensated(step));
  }

  notCleaned(step: string, reason: string): Promise<void> {
    return this.#note((log) => log.compensationFailed(step, reason));
  }

  /** @param isWhole whether everything was cleaned up */
  rolledBack(isWhole: boolean): Promise<void> {
    return this.#end(async (log) => (isWhole ? log.rolledBack() : undefined));
  }

  /** Closes the log. */
  async close(): Promise<void> {
    if (this.#log) await (await this.#log)?.close();
  }

  async #end(note: (log: TransactionLog) => Promise<void>): Promise<void> {
    await this.#note(note);
    await this.close();
  }

  async #note(note: (log: TransactionLog) => Promise<void>): Promise<void> {
    try {
      this.#log ??= this.#open();
      const log = await this.#log;
      if (log) await note(log);
    } catch (error) {
      this.#complain(error);
    }
  }

  async #open(): Promise<TransactionLog | undefined> {
    try {
      const log = await TransactionLog.open({ store: this.#store, transactionId: this.#transactionId });
      await log.begin({ stack: "", enableRollback: this.#enableRollback });
      return log;
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  #complain(error: unknown): void {
    const reason = messageOf(error);
    process.stderr.write(`Transaction ${this.#transactionId} goes on without a log: ${reason}\n`);
  }
}
