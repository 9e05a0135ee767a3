import type { LogStore } from "../logStore/logStore.ts";
import { hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { hashOf } from "./history.ts";
import type { EndedLog } from "./history.ts";
import { readRuns } from "./runs.ts";
import { countsOf, isTransaction, outcomeOfLog } from "./summary.ts";
import { rollbackLogOf } from "./transactionFiles.ts";
import { logFile } from "./transactionLog.ts";

/** A deployment in the words of the history, without the hashes of its logs. */
export type DeploymentSummary = Omit<EndedLog, "v" | "prev" | "hash" | "logs" | "kind">;

/** A deployment by its log, and by what lies beside it about its runs. */
export async function summaryOf(store: LogStore, log: readonly Entry[]): Promise<DeploymentSummary> {
  const transactionId = log[0]?.transactionId ?? "";
  const asked = (await readRuns(store, transactionId)).find((record) => record.kind === "asked");
  const end = log.findLast((entry) => hasEnded([entry])) ?? log.at(-1);
  return {
    transactionId,
    began: log[0]?.at ?? "",
    ended: end?.at ?? "",
    outcome: outcomeOfLog(log),
    isTransaction: isTransaction(log),
    counts: countsOf(log),
    ...(asked && { command: asked.command }),
    ...(asked?.by !== undefined && { by: asked.by }),
    ...(asked?.commit !== undefined && { commit: asked.commit }),
    ...(asked?.branch !== undefined && { branch: asked.branch }),
  };
}

/** The line of the history for a log that has ended. */
export async function endedLine(
  store: LogStore,
  log: readonly Entry[],
): Promise<Omit<EndedLog, "v" | "prev" | "hash">> {
  const summary = await summaryOf(store, log);
  const names = [summary.transactionId, rollbackLogOf(summary.transactionId)].map(logFile);
  const hashes = await Promise.all(names.map(async (name) => [name, await hashOfLog(store, name)] as const));
  const logs = Object.fromEntries(hashes.flatMap(([name, hash]) => (hash === undefined ? [] : [[name, hash]])));
  return { kind: "ended", ...summary, logs };
}

/** Hash of a log's bytes; undefined if it is not there. */
export async function hashOfLog(store: LogStore, name: string): Promise<string | undefined> {
  const content = await store.read(name);
  return content && hashOf(content);
}
