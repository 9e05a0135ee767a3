import { randomBytes } from "node:crypto";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { logEntries, logOwner, withoutBegin } from "./logEntries.ts";
import type { LogStore } from "../logStore/logStore.ts";
import { logFile } from "./transactionLog.ts";
import { hasEffects } from "./entry.ts";
import type { Entry } from "./entry.ts";

/* The transactions of a stack: which there are, which is open, which may be forgotten. */

/** How many committed logs of a stack are kept. */
const KEPT_LOGS = 20;

/**
 * The logs of a stack, oldest first. Those of other stacks are not looked at, so that none of them stops this one.
 * @throws UnreadableLogError if another version has written to one of them, or one is damaged
 */
export async function readTransactionLogs(store: LogStore, stack: string): Promise<Entry[][]> {
  const ids = (await store.names()).flatMap((name) => /^([\w.-]+)\.jsonl$/.exec(name)?.[1] ?? []);
  const logs = await Promise.all(ids.map((transactionId) => readOwnLog(store, stack, transactionId)));
  return logs
    .filter((log) => log.length > 0)
    .sort(([left], [right]) => (left?.at ?? "").localeCompare(right?.at ?? ""));
}

/** A log, if it is a stack's; nothing otherwise. */
async function readOwnLog(store: LogStore, stack: string, transactionId: string): Promise<Entry[]> {
  const name = logFile(transactionId);
  const content = (await store.read(name))?.toString() ?? "";
  const owner = logOwner(content, transactionId);
  if (owner.stack !== undefined && owner.stack !== stack) return [];
  const log = { where: store.where, name };
  const entries = logEntries(content, log);
  if (owner.needsBegin) throw withoutBegin(log);
  return owner.hasBegin ? entries : [];
}

/**
 * Removes the oldest logs of a stack that nobody will ask for again, with what is kept beside them: committed ones, and
 * those that changed nothing. Open and rolled back ones stay.
 */
export async function pruneTransactionLogs(store: LogStore, stack: string, keep = KEPT_LOGS): Promise<void> {
  const settled = (await readTransactionLogs(store, stack)).filter((entries) => {
    const isCommitted = entries.some(({ kind }) => kind === "commit");
    return isCommitted || (entries.some(({ kind }) => kind === "rolledBack") && !hasEffects(entries));
  });
  for (const [begin] of settled.slice(0, Math.max(0, settled.length - keep))) {
    if (!begin) continue;
    const { transactionId } = begin;
    await store.remove(logFile(transactionId));
    await store.remove(checkpointFile(transactionId));
    await store.remove(providerFile(transactionId));
    await store.remove(stateHashFile(transactionId));
    await store.remove(failedFile(transactionId));
    await store.remove(definitionsFolder(transactionId));
  }
}

/** Name of the checkpoint from before a transaction, as the engine exported it: its secrets stay encrypted. */
export const checkpointFile = (transactionId: string): string => `${transactionId}.checkpoint.json`;

/** Name of what tells how the objects of a transaction are reached: the provider's configuration. */
export const providerFile = (transactionId: string): string => `${transactionId}.provider.json`;

/** Name of what tells how the stack was when the last run of an uncommitted transaction ended. */
export const stateHashFile = (transactionId: string): string => `${transactionId}.state`;

/** Name of what tells that a plain `pulumi up` failed by itself: it cannot tell how the stack was then. */
export const failedFile = (transactionId: string): string => `${transactionId}.failed`;

/** Where the definitions that a transaction changed or deleted are kept as they were. */
export const definitionsFolder = (transactionId: string): string => `${transactionId}.definitions/`;

/** Id of the log of what a rollback does: it is not part of the transaction that it undoes. */
export const rollbackLogOf = (transactionId: string): string => `${transactionId}.rollback`;

/** An id that sorts by time and says what it is of: `dev-20261124T120000Z-3fa9`. */
export function newTransactionId(stack: string, clock: Clock = systemClock): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${stack}-${time}-${randomBytes(2).toString("hex")}`;
}

const openFile = (stack: string) => `${stack}.open`;

/** Names the running transaction of a stack, so that what comes after a crash finds it. */
export function announceTransaction(store: LogStore, stack: string, transactionId: string): Promise<void> {
  return store.write(openFile(stack), transactionId);
}

/** The running transaction of a stack, if one was announced. */
export async function announcedTransaction(store: LogStore, stack: string): Promise<string | undefined> {
  return (await store.read(openFile(stack)))?.toString().trim() || undefined;
}

/** Takes the announcement back. */
export function withdrawTransaction(store: LogStore, stack: string): Promise<void> {
  return store.remove(openFile(stack));
}
