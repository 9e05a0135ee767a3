import type { LogStore } from "../lib/logStore.ts";
import { TransactionLog, hasEffects, hasEnded, readTransactionLog } from "../lib/transactionLog.ts";
import {
  announceTransaction,
  announcedTransaction,
  checkpointFile,
  newTransactionId,
  pruneTransactionLogs,
  readTransactionLogs,
  rollbackLogOf,
  withdrawTransaction,
} from "../lib/transactions.ts";
import { checkpointHash, withoutPendingOperations } from "./rollback/checkpoint.ts";
import type { Checkpoint } from "./rollback/checkpoint.ts";
import { builtUpon } from "./rollback/plan.ts";

/** A transaction that an update may write to. */
export interface OpenTransaction {
  readonly transactionId: string;
  /** It was begun by an earlier run, which was cut off or failed. */
  readonly isResumed: boolean;
}

/**
 * The newest transaction of a stack that was begun and has not ended, if there is one: by a command, by a plain
 * `pulumi up`, or left by a crash.
 */
export async function unfinishedTransaction(store: LogStore, stack: string): Promise<string | undefined> {
  const announced = await announcedTransaction(store, stack);
  if (announced !== undefined && !hasEnded(await readTransactionLog(store, announced))) return announced;
  const logs = (await readTransactionLogs(store, stack)).filter(
    ([begin]) => !isRollbackLog(begin?.transactionId ?? ""),
  );
  const newest = logs.at(-1);
  return newest && !hasEnded(newest) ? newest[0]?.transactionId : undefined;
}

/**
 * Begins the transaction of an update: saves the checkpoint from before it, notes it in the log, and announces it. One that
 * was cut off is gone on with instead, so that commit and rollback cover both runs.
 */
export async function openTransaction(
  store: LogStore,
  stack: string,
  current: Checkpoint,
  enableRollback: boolean,
): Promise<OpenTransaction> {
  const announced = await announcedTransaction(store, stack);
  const entries = announced === undefined ? [] : await readTransactionLog(store, announced);
  if (announced !== undefined && entries.length > 0 && !hasEnded(entries)) {
    const isFree = builtUpon(entries, await readTransactionLogs(store, stack), current, undefined) === undefined;
    if (hasEffects(entries) && isFree) return { transactionId: announced, isResumed: true };
    if (!hasEffects(entries)) await endWithoutEffects(store, stack, announced);
  }
  const transactionId = newTransactionId(stack);
  const checkpoint = checkpointFile(transactionId);
  // pending operations are settled by the log; a state that was gone back to must not have them
  const saved = withoutPendingOperations(current).checkpoint;
  await store.write(checkpoint, JSON.stringify(saved));
  const log = await TransactionLog.open({ store, transactionId });
  await log.begin({ stack, enableRollback, checkpoint, checkpointHash: checkpointHash(saved) });
  await log.close();
  await announceTransaction(store, stack, transactionId);
  await pruneTransactionLogs(store, stack);
  return { transactionId, isResumed: false };
}

/** Ends a transaction that changed nothing: there is nothing to commit and nothing to roll back. */
export async function endWithoutEffects(store: LogStore, stack: string, transactionId: string): Promise<void> {
  const log = await TransactionLog.open({ store, transactionId });
  await log.rolledBack();
  await log.close();
  await withdrawTransaction(store, stack);
}

/** Whether a log is of a rollback and not of a deployment. */
export const isRollbackLog = (transactionId: string): boolean => transactionId.endsWith(rollbackLogOf(""));
