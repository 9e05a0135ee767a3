import type { LogStore } from "../../lib/logStore/logStore.ts";
import { TransactionLog, readTransactionLog } from "../../lib/transactions/transactionLog.ts";
import { hasEffects, hasEnded } from "../../lib/transactions/entry.ts";
import {
  announceTransaction,
  announcedTransaction,
  checkpointFile,
  failedFile,
  newTransactionId,
  pruneTransactionLogs,
  readTransactionLogs,
  rollbackLogOf,
  withdrawTransaction,
} from "../../lib/transactions/transactions.ts";
import { readEarlierRun } from "./earlierRun.ts";
import type { EarlierRun } from "./earlierRun.ts";
import { checkpointHash, withoutPendingOperations } from "../rollback/checkpoint.ts";
import type { Checkpoint } from "../rollback/checkpoint.ts";
import { builtUpon } from "../rollback/plan.ts";

/** A transaction that an update may write to. */
export interface OpenTransaction {
  readonly transactionId: string;
  /** It was begun by an earlier run, which was cut off or failed. */
  readonly isResumed: boolean;
  /** How that run ended; undefined if there was none. */
  readonly earlierRun?: EarlierRun;
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
 * Which transaction an update belongs to: one that was cut off or failed is gone on with, so that commit and rollback cover
 * both runs; else a new one. Writes nothing.
 * @throws UnreadableLogError if a log of the stack cannot be read whole: nothing may be begun beside it
 */
export async function chooseTransaction(store: LogStore, stack: string, current: Checkpoint): Promise<OpenTransaction> {
  const logs = await readTransactionLogs(store, stack);
  const announced = await announcedTransaction(store, stack);
  const entries = announced === undefined ? [] : await readTransactionLog(store, announced);
  if (announced !== undefined && hasEffects(entries) && !hasEnded(entries)) {
    if (builtUpon(entries, logs, current, undefined) === undefined)
      return { transactionId: announced, isResumed: true, earlierRun: await readEarlierRun(store, entries) };
  }
  return { transactionId: newTransactionId(stack), isResumed: false };
}

/**
 * Begins the transaction of an update, if it was not begun before: saves the checkpoint from before it, notes it in the log,
 * and announces it.
 * @param current the checkpoint that it was chosen with
 */
export async function beginTransaction(
  store: LogStore,
  stack: string,
  { transactionId, isResumed }: OpenTransaction,
  current: Checkpoint,
  enableRollback: boolean,
): Promise<void> {
  await store.remove(failedFile(transactionId));
  if (isResumed) return;
  const announced = await announcedTransaction(store, stack);
  const entries = announced === undefined ? [] : await readTransactionLog(store, announced);
  if (announced !== undefined && entries.length > 0 && !hasEnded(entries) && !hasEffects(entries))
    await endWithoutEffects(store, stack, announced);
  const checkpoint = checkpointFile(transactionId);
  // pending operations are settled by the log; a state that was gone back to must not have them
  const saved = withoutPendingOperations(current).checkpoint;
  await store.write(checkpoint, JSON.stringify(saved));
  const log = await TransactionLog.open({ store, transactionId });
  await log.begin({ stack, enableRollback, checkpoint, checkpointHash: checkpointHash(saved) });
  await log.close();
  await announceTransaction(store, stack, transactionId);
  await pruneTransactionLogs(store, stack);
}

/** {@link chooseTransaction} and {@link beginTransaction} in one. */
export async function openTransaction(
  store: LogStore,
  stack: string,
  current: Checkpoint,
  enableRollback: boolean,
): Promise<OpenTransaction> {
  const chosen = await chooseTransaction(store, stack, current);
  await beginTransaction(store, stack, chosen, current, enableRollback);
  return chosen;
}

/** What is said of a transaction that is announced, and whose log is not there. */
export const lostLog = (stack: string, transactionId: string, where: string): string =>
  `Transaction ${transactionId} of stack '${stack}' has no log in ${where}: it cannot be rolled back, and what it made and no ` +
  `state has is not known. To go on from the state as it is: npm run up -- --stack ${stack}`;

/** Ends a transaction that changed nothing: there is nothing to commit and nothing to roll back. */
export async function endWithoutEffects(store: LogStore, stack: string, transactionId: string): Promise<void> {
  const log = await TransactionLog.open({ store, transactionId });
  await log.rolledBack();
  await log.close();
  await withdrawTransaction(store, stack);
}

/** Whether a log is of a rollback and not of a deployment. */
export const isRollbackLog = (transactionId: string): boolean => transactionId.endsWith(rollbackLogOf(""));
