import type { Entry } from "./entry.ts";
import { isRollbackLog } from "./transactionFiles.ts";

/**
 * The end of the last run of an open transaction: the run failed and said so; it was cut off, so that its last step is
 * unknown; or its rollback was not completed.
 */
export type EarlierRun = "failed" | "cut off" | "rollback incomplete";

/**
 * Finds how the last run of an open transaction ended. Pure.
 * @param log of the transaction, or of its rollback
 * @param hasSaidSo whether the run ended by itself, which leaves a file beside the log
 */
export function earlierRunOf(log: readonly Entry[], hasSaidSo: boolean): EarlierRun {
  if (isRollbackLog(log[0]?.transactionId ?? "")) return "rollback incomplete";
  const rollback = log.findLastIndex(({ kind }) => kind === "rollback");
  // a rollback writes its own steps to another log, so an intent after it belongs to a run that resumed the transaction
  if (rollback >= 0 && !log.slice(rollback).some(({ kind }) => kind === "intent")) return "rollback incomplete";
  return hasSaidSo ? "failed" : "cut off";
}

/** Words for messages: `Transaction dev-… was cut off`. */
export const wordsOfEarlierRun: Readonly<Record<EarlierRun, string>> = {
  failed: "failed",
  "cut off": "was cut off",
  "rollback incomplete": "could not be rolled back whole",
};
