import { writeFileSync } from "node:fs";
import {
  TransactionLog,
  announceTransaction,
  announcedTransaction,
  checkpointFile,
  newTransactionId,
  pruneTransactionLogs,
  readTransactionLog,
} from "../lib/transactionLog.ts";
import type { Entry } from "../lib/transactionLog.ts";
import { exportCheckpoint, importCheckpoint } from "./rollback/stackState.ts";
import type { StackAccess } from "./rollback/stackState.ts";
import { withoutPendingOperations } from "./rollback/checkpoint.ts";

/** Whether a transaction has ended: nothing of it is to be committed or rolled back any more. */
export const hasEnded = (entries: readonly Entry[]) =>
  entries.some(({ kind }) => kind === "commit" || kind === "rolledBack");

/** Whether a transaction has changed anything at the service, or may have. */
export function hasEffects(entries: readonly Entry[]): boolean {
  return entries.some((entry) => {
    if (entry.kind !== "intent") return false;
    const outcome = entries.find(
      (other) => (other.kind === "done" || other.kind === "failed") && other.step === entry.step,
    );
    return outcome?.kind !== "failed" || outcome.isOutcomeUnknown === true;
  });
}

/** The transaction of a stack that was begun and has not ended, if there is one. */
export function unfinishedTransaction(logFolder: string, stack: string): string | undefined {
  const transactionId = announcedTransaction(logFolder, stack);
  return transactionId && !hasEnded(readTransactionLog(logFolder, transactionId)) ? transactionId : undefined;
}

/**
 * Begins the transaction of an `up`: saves the checkpoint as it is, notes it in the log, and announces it. One that was cut
 * off is gone on with instead, so that commit and rollback cover both runs.
 */
export async function openTransaction(
  access: StackAccess,
  logFolder: string,
  enableRollback: boolean,
): Promise<{ transactionId: string; isResumed: boolean }> {
  const current = await exportCheckpoint(access);
  // the log knows what became of them, and pending operations would stay in the state for ever
  const settled = withoutPendingOperations(current);
  if (settled.isChanged) await importCheckpoint(access, settled.checkpoint);
  const unfinished = unfinishedTransaction(logFolder, access.stack);
  if (unfinished) return { transactionId: unfinished, isResumed: true };

  const transactionId = newTransactionId(access.stack);
  const log = await TransactionLog.open({ folder: logFolder, transactionId });
  const checkpoint = checkpointFile(logFolder, transactionId);
  writeFileSync(checkpoint, JSON.stringify(settled.checkpoint), { mode: 0o600 });
  await log.begin(access.stack, enableRollback, `${transactionId}.checkpoint.json`);
  await log.close();
  announceTransaction(logFolder, access.stack, transactionId);
  pruneTransactionLogs(logFolder, access.stack);
  return { transactionId, isResumed: false };
}
