import { randomBytes } from "node:crypto";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";

/* Names of what lies where the logs lie: the ids of transactions, the files beside a log, and the note of the open one. */

/** Name of the checkpoint from before a transaction, as the engine exported it: its secrets stay encrypted. */
export const checkpointFile = (transactionId: string): string => `${transactionId}.checkpoint.json`;

/** Name of the file that says how the objects of a transaction are reached: the provider's configuration. */
export const providerFile = (transactionId: string): string => `${transactionId}.provider.json`;

/**
 * Name of the file that holds the hash of the stack's state at the end of an uncommitted run. Another hash later means
 * that the stack was changed since; no file means that the run was cut off, or cannot know.
 */
export const stateHashFile = (transactionId: string): string => `${transactionId}.state`;

/** Name of the empty file that a plain `pulumi up` leaves if it failed by itself: it cannot know the state's hash. */
export const failedFile = (transactionId: string): string => `${transactionId}.failed`;

/** Where the definitions that a transaction changed or deleted are kept as they were. */
export const definitionsFolder = (transactionId: string): string => `${transactionId}.definitions/`;

/** Everything that may lie beside a log, and goes with it. */
export const filesBeside = (transactionId: string): string[] =>
  [checkpointFile, providerFile, stateHashFile, failedFile, definitionsFolder].map((nameOf) => nameOf(transactionId));

/** Name of the file that holds the id of a stack's running transaction, so that what comes after a crash finds it. */
export const openFile = (stack: string): string => `${stack}.open`;

/** Name of the file that lists the logs of other stack names that are this stack's: it was renamed. */
export const takenFile = (stack: string): string => `${stack}.taken`;

/** Id of the log of what a rollback does: it is not part of the transaction that it undoes. */
export const rollbackLogOf = (transactionId: string): string => `${transactionId}.rollback`;

/** Whether a log is of a rollback and not of a deployment. */
export const isRollbackLog = (transactionId: string): boolean => transactionId.endsWith(rollbackLogOf(""));

/** An id that sorts by time and says what it is of: `dev-20261124T120000Z-3fa9`. */
export function newTransactionId(stack: string, clock: Clock = systemClock): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${stack}-${time}-${randomBytes(2).toString("hex")}`;
}
