import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { builtUpon } from "./builtUpon.ts";
import type { EarlierRun } from "./earlierRun.ts";
import { hasEffects, hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { isRollbackLog } from "./transactionFiles.ts";

/* Decides which transaction of a stack is open, and how it may continue. Everything here is pure. */

/** A transaction that an update may write to. */
export interface OpenTransaction {
  readonly transactionId: string;
  /** Whether an earlier run began the transaction, and was cut off or failed. */
  readonly isResumed: boolean;
  /** How that run ended; undefined if there was none. */
  readonly earlierRun?: EarlierRun;
}

/**
 * The newest transaction of a stack, if it has not ended. The log of a rollback belongs to the transaction that it undoes.
 * @param logs of the stack, oldest first
 */
export function newestOpen(logs: readonly (readonly Entry[])[]): string | undefined {
  const newest = logs.findLast(([begin]) => !isRollbackLog(begin?.transactionId ?? ""));
  return newest && !hasEnded(newest) ? newest[0]?.transactionId : undefined;
}

/**
 * Whether the next update may resume a transaction, so that commit and rollback cover both runs. The transaction must have
 * changed something and not have ended, and no other run may have built upon it.
 * @param logs of the stack
 * @param current the stack's present checkpoint
 */
export function isResumable(log: readonly Entry[], logs: readonly (readonly Entry[])[], current: Checkpoint): boolean {
  return hasEffects(log) && !hasEnded(log) && builtUpon(log, logs, current, undefined) === undefined;
}

/** Whether a transaction was begun, and neither changed anything nor ended. */
export const isIdle = (log: readonly Entry[]): boolean => log.length > 0 && !hasEnded(log) && !hasEffects(log);

/** Whether a log is not needed any more: it was committed, or it changed nothing. */
export const isSettled = (log: readonly Entry[]): boolean =>
  log.some(({ kind }) => kind === "commit") || (log.some(({ kind }) => kind === "rolledBack") && !hasEffects(log));
