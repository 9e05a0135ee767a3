import { hasEnded } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { wordsOfEarlierRun } from "../../lib/transactions/earlierRun.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import type { Leftover } from "./leftovers.ts";
import { checkpointHash, withoutPendingOperations } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { RollbackRun } from "../rollback/rollbackRun.ts";
import { orphansOf, outdatedIn } from "../rollback/plan.ts";
import { assertOpenPlaces } from "./openPlaces.ts";
import { awaitOperations } from "./operationsOfEarlierRuns.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";
import { takeOverRenamed } from "./renamedStack.ts";
import { letGoOfTakenOut } from "./takenOut.ts";
import { importCheckpoint, refreshStack } from "../rollback/stackState.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";

/*
 * Recovery from earlier runs that were cut off. Before an update, the state is brought up to date with their work. After the
 * update, objects that they made and nothing declares any more are removed, and their logs are ended.
 */

/** A stack, its transactions, and the output for lines. */
export interface Recovery extends StackAccess {
  readonly transactions: StackTransactions;
  readonly say: (line: string) => void;
}

/** Message about an announced transaction whose log is missing. */
export const lostLog = (stack: string, transactionId: string, where: string): string =>
  `Transaction ${transactionId} of stack '${stack}' has no log in ${where}: it cannot be rolled back, and what it made and no ` +
  `state has is not known. To go on from the state as it is: npm run up -- --stack ${stack}`;

/**
 * Brings the state up to date. Pending operations are dropped: they would stay forever, and the log has their outcome.
 * Objects that a run was about to change or delete when it was cut off are read again.
 * @returns the checkpoint afterwards
 */
export async function catchUp(recovery: Recovery): Promise<Checkpoint> {
  const { transactions, stack, say } = recovery;
  const exported = await takeOverRenamed(recovery);
  // first, because an unreadable log must stop the recovery before anything is changed
  const open = (await transactions.logs()).filter((log) => !hasEnded(log));
  await assertOpenPlaces({ env: recovery.env, store: transactions.store }, open);
  const announced = await transactions.announced();
  if (announced !== undefined && (await transactions.entries(announced)).length === 0)
    say(lostLog(stack, announced, transactions.store.where));
  await awaitOperations({ env: recovery.env, store: transactions.store, say }, open);
  await letGoOfTakenOut(recovery, open, exported);
  const { checkpoint, isChanged } = withoutPendingOperations(exported);
  if (isChanged) await importCheckpoint(recovery, checkpoint);
  const outdated = new Set<string>();
  for (const log of open) {
    const isCutOff = (await transactions.stateHash(idOf(log))) === undefined;
    const urns = outdatedIn(log, checkpoint, isCutOff);
    if (urns.length === 0) continue;
    const how = wordsOfEarlierRun[await transactions.earlierRun(log)];
    say(`An earlier run ${how}: reading ${urns.length} of its objects again.`);
    for (const urn of urns) outdated.add(urn);
  }
  if (outdated.size === 0) return checkpoint;
  // a run that deleted all workspaces leaves an empty list of them
  const env = open.some(deletesWorkspaces) ? { ...recovery.env, FABRIC_CONFIRM_GONE: "true" } : recovery.env;
  await refreshStack({ ...recovery, env }, [...outdated]);
  return exportCheckpoint(recovery);
}

/**
 * Ends every open log after an update that succeeded: all declared objects exist.
 * @returns what must be done by hand; the logs stay open then
 */
export async function settleAll(recovery: Recovery, after: Checkpoint): Promise<Leftover[]> {
  const { transactions, env, say } = recovery;
  const logs = await transactions.logs();
  const open = logs.filter((log) => !hasEnded(log));
  const orphans = orphansOf(logs, after);
  await using run = new RollbackRun({ env, store: transactions.store });
  const leftovers: Leftover[] = [];
  for (const transactionId of open.map(idOf)) {
    const log = await transactions.openLog(transactionId);
    const own = orphans.filter((orphan) => orphan.transactionId === transactionId).toReversed();
    const left: Leftover[] = [];
    if (own.length > 0) {
      const { Orphans } = await import("../rollback/orphans.ts");
      const cleaner = new Orphans(run, say);
      for (const orphan of own) left.push(...(await cleaner.remove(orphan, log, after)));
    }
    if (left.length === 0) await log.commit(checkpointHash(after));
    await log.close();
    leftovers.push(...left);
  }
  return leftovers;
}

const idOf = (log: readonly Entry[]) => log[0]?.transactionId ?? "";

const deletesWorkspaces = (log: readonly Entry[]) =>
  log.some((entry) => entry.kind === "intent" && entry.operation === "delete" && entry.resourceType === "Workspace");
