import type { LogStore } from "../../lib/logStore/logStore.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { failedFile, rollbackLogOf, stateHashFile } from "../../lib/transactions/transactions.ts";

/**
 * How the last run of a transaction that has not ended went: it failed and said so; it was cut off, so that nobody knows
 * what it did last; or it was being rolled back, and that was not completed.
 */
export type EarlierRun = "failed" | "cut off" | "rollback incomplete";

/**
 * How the last run of an open transaction ended. Pure.
 * @param log of the transaction
 * @param hasSaidSo whether the run ended by itself: it left a file beside the log then
 */
export function earlierRunOf(log: readonly Entry[], hasSaidSo: boolean): EarlierRun {
  const rollback = log.findLastIndex(({ kind }) => kind === "rollback");
  // a rollback writes its own steps to another log: an intent after it is of a run that went on
  if (rollback >= 0 && !log.slice(rollback).some(({ kind }) => kind === "intent")) return "rollback incomplete";
  return hasSaidSo ? "failed" : "cut off";
}

/** The same, read from where the logs lie. */
export async function readEarlierRun(store: LogStore, log: readonly Entry[]): Promise<EarlierRun> {
  const transactionId = log[0]?.transactionId ?? "";
  if (transactionId.endsWith(rollbackLogOf(""))) return "rollback incomplete";
  const files = [stateHashFile(transactionId), failedFile(transactionId)];
  const found = await Promise.all(files.map((file) => store.read(file)));
  return earlierRunOf(
    log,
    found.some((content) => content !== undefined),
  );
}

/** What is said of it: `Transaction dev-… was cut off`. */
export const wordsOfEarlierRun: Readonly<Record<EarlierRun, string>> = {
  failed: "failed",
  "cut off": "was cut off",
  "rollback incomplete": "could not be rolled back whole",
};
