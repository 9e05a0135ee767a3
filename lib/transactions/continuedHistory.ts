import type { LogStore } from "../logStore/logStore.ts";
import { endedLine } from "./endedLine.ts";
import { hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { chained, readHistory } from "./history.ts";
import type { NewLine } from "./history.ts";
import { historyFile, isRollbackLog } from "./transactionFiles.ts";

/** The stack whose history is continued, and where its logs lie. */
export interface HistoryOf {
  readonly store: LogStore;
  readonly stack: string;
}

/**
 * Adds the logs that have ended to the history of their stack, unless they are in it.
 * @param logs of the stack
 */
export async function addEnded(of: HistoryOf, logs: readonly (readonly Entry[])[]): Promise<void> {
  const { lines } = await historyOf(of);
  const known = new Set(lines.flatMap((line) => (line.kind === "ended" ? [line.transactionId] : [])));
  const isNew = (id: string) => !isRollbackLog(id) && !known.has(id);
  const ended = logs.filter((log) => hasEnded(log) && isNew(log[0]?.transactionId ?? ""));
  const added = await Promise.all(ended.map((log) => endedLine(of.store, log)));
  await addToHistory(
    of,
    added.sort((one, other) => one.ended.localeCompare(other.ended)),
  );
}

/** Adds lines to the history of a stack. */
export async function addToHistory(of: HistoryOf, lines: readonly NewLine[]): Promise<void> {
  if (lines.length === 0) return;
  const { head } = await historyOf(of);
  const file = await of.store.appender(historyFile(of.stack));
  await file.append(chained(head, lines));
  await file.close();
}

const historyOf = async ({ store, stack }: HistoryOf) =>
  readHistory((await store.read(historyFile(stack)))?.toString() ?? "");
