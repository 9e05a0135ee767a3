import { messageOf } from "./api/messageOf.ts";
import { ClosureLog } from "./transactions/closureLog.ts";
import { FeatureFlags } from "./featureFlags.ts";
import type { LogStore } from "./logStore/logStore.ts";
import type { ResourceRecord } from "./transactions/resourceRecord.ts";

export type { ResourceRecord } from "./transactions/resourceRecord.ts";

/** Result of a rollback. */
export interface RollbackReport {
  transactionId: string;
  cleaned: ResourceRecord[];
  /** Resources to remove by hand. */
  failed: { record: ResourceRecord; error: Error }[];
}

/** Receives log lines. */
export type LogLine = (level: "info" | "warning" | "error", line: string) => void;

/** Settings of a {@link DeploymentTransaction}. */
export interface DeploymentTransactionOptions {
  /** Whether `rollback` cleans up. @default flag `useRollback` */
  enableRollback?: boolean;
  /** @default standard error */
  log?: LogLine;
  /** Storage of the transaction log. @default the folder `.fabric/transactions` below the current one */
  store?: LogStore;
}

/**
 * A deployment in one process as a transaction: if the deployment fails, its registered resources are removed in reverse order.
 * The transaction log records the steps, but a closure is lost with its process. To survive a crash, a step needs a named
 * compensation, as resource kinds have them.
 */
export class DeploymentTransaction implements AsyncDisposable {
  readonly transactionId: string;
  readonly #enableRollback: boolean;
  readonly #log: LogLine;
  readonly #records: { readonly record: ResourceRecord; step: string }[] = [];
  readonly #file: ClosureLog;
  #state: "open" | "committed" | "rolledBack" = "open";

  constructor(transactionId: string, options: DeploymentTransactionOptions = {}) {
    this.transactionId = transactionId;
    this.#enableRollback = options.enableRollback ?? FeatureFlags.load().useRollback;
    this.#log = options.log ?? ((_level, line) => void process.stderr.write(`${line}\n`));
    this.#file = new ClosureLog(transactionId, this.#enableRollback, options.store);
  }

  /**
   * Runs a deployment. The body must commit. An exception rolls the transaction back and then reaches the caller. A body that
   * returns without a commit keeps everything, with a warning.
   */
  static async run<T>(
    transactionId: string,
    body: (transaction: DeploymentTransaction) => Promise<T>,
    options?: DeploymentTransactionOptions,
  ): Promise<T> {
    const transaction = new DeploymentTransaction(transactionId, options);
    let result: T;
    try {
      result = await body(transaction);
    } catch (error) {
      if (transaction.#state === "open") await transaction.rollback(messageOf(error));
      throw error;
    }
    await transaction[Symbol.asyncDispose]();
    return result;
  }

  /**
   * Registers a resource.
   * @throws Error after commit or rollback
   */
  async registerResource(record: ResourceRecord): Promise<void> {
    if (this.#state !== "open") {
      throw new Error(
        `${record.resourceType} '${record.resourceName}' cannot join transaction ${this.transactionId}: it has ended.`,
      );
    }
    // added before the log entry is written, so that a rollback that begins meanwhile includes it
    const entry = { record, step: "" };
    this.#records.push(entry);
    entry.step = await this.#file.registered(record);
  }

  /** Keeps everything: a later rollback does nothing. */
  async commit(): Promise<void> {
    if (this.#state === "rolledBack")
      throw new Error(`Transaction ${this.transactionId} was rolled back and cannot be committed.`);
    if (this.#state === "open") await this.#file.committed();
    this.#state = "committed";
    this.#log("info", `Transaction ${this.transactionId} committed`);
  }

  /**
   * Removes registered resources, last first. One failure does not stop the others.
   * @returns removed resources, and resources to remove by hand
   */
  async rollback(reason = "Transaction failed"): Promise<RollbackReport> {
    const report: RollbackReport = { transactionId: this.transactionId, cleaned: [], failed: [] };
    if (this.#state !== "open") {
      this.#log(
        "warning",
        `Transaction ${this.transactionId} is ${this.#state === "committed" ? "committed" : "rolled back"}: nothing to roll back`,
      );
      return report;
    }
    this.#state = "rolledBack";
    if (!this.#enableRollback) {
      this.#log(
        "warning",
        `Transaction ${this.transactionId} failed. Reason: ${reason}. Rollback is off (useRollback): ${this.#records.length} resources remain`,
      );
      return report;
    }
    this.#log("warning", `Rolling back transaction ${this.transactionId}. Reason: ${reason}`);
    await this.#file.rollingBack(reason);
    for (const { record, step } of this.#records.toReversed()) await this.#clean(record, step, report);
    await this.#file.rolledBack(report.failed.length === 0);
    if (report.failed.length === 0) {
      this.#log("info", `✓ Transaction ${this.transactionId} fully rolled back`);
    } else {
      this.#log(
        "error",
        `Transaction ${this.transactionId} rolled back in part. To be removed by hand: ${report.failed.map(({ record }) => named(record)).join(", ")}`,
      );
    }
    return report;
  }

  /** Warns about a transaction that was left open. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state !== "open") return;
    await this.#file.close();
    if (this.#records.length === 0) return;
    this.#log(
      "warning",
      `Transaction ${this.transactionId} ended without commit: ${this.#records.length} resources remain`,
    );
  }

  async #clean(record: ResourceRecord, step: string, report: RollbackReport): Promise<void> {
    this.#log("info", `Cleaning up ${named(record)}`);
    try {
      await record.cleanupFunction(record.cleanupArgs as never);
      report.cleaned.push(record);
      await this.#file.cleaned(step);
      this.#log("info", `✓ Successfully cleaned up ${record.resourceType}`);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      report.failed.push({ record, error });
      await this.#file.notCleaned(step, error.message);
      this.#log("error", `Failed to clean up ${named(record)}: ${error.message}`);
    }
  }
}

const named = ({ resourceType, resourceName, resourceId }: ResourceRecord) =>
  `${resourceType} '${resourceName}' (${resourceId})`;
