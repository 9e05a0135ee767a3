import { randomBytes } from "node:crypto";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";

/* Names in the store of logs: ids of transactions, files beside a log, and the note of the open transaction. */

/** Name of the checkpoint from before a transaction, as the engine exported it: its secrets stay encrypted. */
export const checkpointFile = (transactionId: string): string => `${transactionId}.checkpoint.json`;

/** Name of the file with the provider's configuration, by which the objects of a transaction are reached. */
export const providerFile = (transactionId: string): string => `${transactionId}.provider.json`;

/**
 * Name of the file with the hash of the stack's state at the end of an uncommitted run. If the hash differs later, the stack
 * was changed since. If the file is missing, the run was cut off, or could not know the state.
 */
export const stateHashFile = (transactionId: string): string => `${transactionId}.state`;

/** Name of the empty file that a plain `pulumi up` leaves if it failed by itself: it cannot know the state's hash. */
export const failedFile = (transactionId: string): string => `${transactionId}.failed`;

/** Folder with the original definitions that a transaction changed or deleted. */
export const definitionsFolder = (transactionId: string): string => `${transactionId}.definitions/`;

/** Name of the file with a log's attempts and waits. It does not end in `.jsonl`, because it is no log. */
export const attemptsFile = (transactionId: string): string => `${transactionId}.attempts`;

/** Name of the file with the runs of a transaction: who asked for what, and how that ended. */
export const runsFile = (transactionId: string): string => `${transactionId}.runs`;

/** All files that may lie beside a log, and are removed with it. */
export const filesBeside = (transactionId: string): string[] => [
  ...[checkpointFile, providerFile, stateHashFile, failedFile, definitionsFolder, attemptsFile, runsFile].map(
    (nameOf) => nameOf(transactionId),
  ),
  // the rollback's, whose log may never have been begun
  attemptsFile(rollbackLogOf(transactionId)),
];

/** Name of the file with the id of a stack's running transaction, by which the next run finds it after a crash. */
export const openFile = (stack: string): string => `${stack}.open`;

/** Name of the file with the history of a stack: its ended logs, chained by hash. */
export const historyFile = (stack: string): string => `${stack}.history`;

/** Name of the file that lists the logs which a renamed stack has taken over from its former names. */
export const takenFile = (stack: string): string => `${stack}.taken`;

/** Id of a rollback's own log. A rollback is no part of the transaction that it undoes. */
export const rollbackLogOf = (transactionId: string): string => `${transactionId}.rollback`;

/** Whether a log belongs to a rollback, and not to a deployment. */
export const isRollbackLog = (transactionId: string): boolean => transactionId.endsWith(rollbackLogOf(""));

/** An id that names the stack and sorts by time: `dev-20261124T120000Z-3fa9`. */
export function newTransactionId(stack: string, clock: Clock = systemClock): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${stack}-${time}-${randomBytes(2).toString("hex")}`;
}
