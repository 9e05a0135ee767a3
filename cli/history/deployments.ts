import { endedLine, hashOfLog, summaryOf } from "../../lib/transactions/endedLine.ts";
import type { DeploymentSummary } from "../../lib/transactions/endedLine.ts";
import { hasEnded } from "../../lib/transactions/entry.ts";
import { problemsOfLogs, readHistory } from "../../lib/transactions/history.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { historyFile, isRollbackLog } from "../../lib/transactions/transactionFiles.ts";

/** A deployment in a list. */
export interface Deployment extends DeploymentSummary {
  /** In ms. */
  readonly durationMs: number;
  /** Whether its log is still there, so that it can be reported. */
  readonly isKept: boolean;
  /** Whether its end is in the chain of hashes. */
  readonly isSealed: boolean;
}

/** The deployments of a stack, and whether anything about them was changed afterwards. */
export interface DeploymentHistory {
  readonly stack: string;
  /** Newest first. */
  readonly deployments: readonly Deployment[];
  /** Hash of the last line of the chain. */
  readonly head: string;
  /** What was changed or taken away after its end. */
  readonly problems: readonly string[];
}

/** Reads the history of a stack. Changes nothing. */
export async function deploymentsOf(transactions: StackTransactions): Promise<DeploymentHistory> {
  const { store, stack } = transactions;
  const history = readHistory((await store.read(historyFile(stack)))?.toString() ?? "");
  const logs = (await transactions.logs()).filter(([begin]) => !isRollbackLog(begin?.transactionId ?? ""));
  const kept = new Set(logs.map(([begin]) => begin?.transactionId));
  const sealed = history.lines.filter((line) => line.kind === "ended");
  const known = new Map(sealed.map((line) => [line.transactionId, line]));
  const fresh = await Promise.all(
    logs
      .filter(([begin]) => !known.has(begin?.transactionId ?? ""))
      .map((log) => (hasEnded(log) ? endedLine(store, log) : summaryOf(store, log))),
  );
  const listed = (summary: DeploymentSummary, isSealed: boolean): Deployment => ({
    transactionId: summary.transactionId,
    began: summary.began,
    ended: summary.ended,
    durationMs: Math.max(0, Date.parse(summary.ended) - Date.parse(summary.began)),
    outcome: summary.outcome,
    isTransaction: summary.isTransaction,
    counts: summary.counts,
    ...(summary.command !== undefined && { command: summary.command }),
    ...(summary.by !== undefined && { by: summary.by }),
    ...(summary.commit !== undefined && { commit: summary.commit }),
    ...(summary.branch !== undefined && { branch: summary.branch }),
    isKept: kept.has(summary.transactionId),
    isSealed,
  });
  const deployments = [
    ...[...known.values()].map((line) => listed(line, true)),
    ...fresh.map((summary) => listed(summary, false)),
  ].sort((one, other) => other.began.localeCompare(one.began));
  const names = sealed.flatMap(({ logs }) => Object.keys(logs));
  const hashes = await Promise.all(names.map(async (name) => [name, await hashOfLog(store, name)] as const));
  const present = new Map(hashes.flatMap(([name, hash]) => (hash === undefined ? [] : [[name, hash]])));
  return {
    stack,
    deployments,
    head: history.head,
    problems: [...history.problems, ...problemsOfLogs(history.lines, present)],
  };
}
