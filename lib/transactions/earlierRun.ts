import type { Entry } from "./entry.ts";
import { isRollbackLog } from "./transactionFiles.ts";

/**
 * How the last run of a transaction that has not ended went: it failed and said so; it was cut off, so that nobody knows
 * what it did last; or it was being rolled back, and that was not completed.
 */
export type EarlierRun = "failed" | "cut off" | "rollback incomplete";

/**
 * How the last run of an open transaction ended. Pure.
 * @param log of the transaction, or of its rollback
 * @param hasSaidSo whether the run ended by itself: it left a file beside the log then
 */
export function earlierRunOf(log: readonly Entry[], hasSaidSo: boolean): EarlierRun {
  if (isRollbackLog(log[0]?.transactionId ?? "")) return "rollback incomplete";
  const rollback = log.findLastIndex(({ kind }) => kind === "rollback");
  // a rollback writes its own steps to another log: an intent after it is of a run that went on
  if (rollback >= 0 && !log.slice(rollback).some(({ kind }) => kind === "intent")) return "rollback incomplete";
  return hasSaidSo ? "failed" : "cut off";
}

/** What is said of it: `Transaction dev-… was cut off`. */
export const wordsOfEarlierRun: Readonly<Record<EarlierRun, string>> = {
  failed: "failed",
  "cut off": "was cut off",
  "rollback incomplete": "could not be rolled back whole",
};
