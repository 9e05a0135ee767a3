import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { builtUpon } from "./builtUpon.ts";
import type { EarlierRun } from "./earlierRun.ts";
import { hasEffects, hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { isRollbackLog } from "./transactionFiles.ts";

/* Which transaction of a stack is open, and what may be done with it. Everything here is pure. */

/** A transaction that an update may write to. */
export interface OpenTransaction {
  readonly transactionId: string;
  /** It was begun by an earlier run, which was cut off or failed. */
  readonly isResumed: boolean;
  /** How that run ended; undefined if there was none. */
  readonly earlierRun?: EarlierRun;
}

/**
 * The newest transaction of a stack, if it has not ended. Logs of rollbacks are part of what they roll back.
 * @param logs of the stack, oldest first
 */
export function newestOpen(logs: readonly (readonly Entry[])[]): string | undefined {
  const newest = logs.findLast(([begin]) => !isRollbackLog(begin?.transactionId ?? ""));
  return newest && !hasEnded(newest) ? newest[0]?.transactionId : undefined;
}

/**
 * Whether the next update may go on with a transaction, so that commit and rollback cover both runs: it has changed
 * something, has not ended, and no other run has built upon it.
 * @param logs of the stack
 * @param current the stack's checkpoint as it is
 */
export function isResumable(log: readonly Entry[], logs: readonly (readonly Entry[])[], current: Checkpoint): boolean {
  return hasEffects(log) && !hasEnded(log) && builtUpon(log, logs, current, undefined) === undefined;
}

/** Whether a transaction was begun, and neither changed anything nor ended. */
export const isIdle = (log: readonly Entry[]): boolean => log.length > 0 && !hasEnded(log) && !hasEffects(log);

/** Whether nobody will ask for a log again: it was committed, or it changed nothing. */
export const isSettled = (log: readonly Entry[]): boolean =>
  log.some(({ kind }) => kind === "commit") || (log.some(({ kind }) => kind === "rolledBack") && !hasEffects(log));
