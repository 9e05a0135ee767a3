import { hasEffects, hasEnded } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { wordsOfEarlierRun } from "../../lib/transactions/earlierRun.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { certainLogs } from "../../lib/transactions/certainLogs.ts";
import type { Leftover } from "./leftovers.ts";
import { checkpointHash, withoutPendingOperations } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { RollbackRun } from "../rollback/rollbackRun.ts";
import { outdatedIn } from "../rollback/plan.ts";
import { orphansOf } from "../../lib/transactions/orphans.ts";
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
  const open = (await certainLogs(recovery, exported)).filter((log) => !hasEnded(log));
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
  const ended = await endedAt(transactions, open, checkpoint);
  for (const id of ended) await transactions.noteStateHash(id, undefined);
  await refreshStack({ ...recovery, env }, [...outdated]);
  const now = await exportCheckpoint(recovery);
  // reading again is no change of the stack from outside, even if the command does nothing else
  for (const id of ended) await noteEnd(recovery, id, now);
  return now;
}

/** The open transactions whose last run ended by itself, and left this state. */
async function endedAt(
  transactions: StackTransactions,
  open: readonly (readonly Entry[])[],
  checkpoint: Checkpoint,
): Promise<string[]> {
  const hash = checkpointHash(checkpoint);
  const noted = await Promise.all(open.map((log) => transactions.stateHash(idOf(log))));
  return open.map(idOf).filter((_id, index) => noted[index] === hash);
}

/**
 * Ends every open log after an update that succeeded: all declared objects exist.
 * @returns what must be done by hand; the logs stay open then
 */
export async function settleAll(recovery: Recovery, after: Checkpoint): Promise<Leftover[]> {
  const open = (await recovery.transactions.logs()).filter((log) => !hasEnded(log));
  return settle(recovery, after, open.map(idOf));
}

/**
 * Ends logs, and removes what they made and the state does not hold. Every declared object that these logs made must be in the
 * state.
 * @returns what must be done by hand; the logs stay open then
 */
export async function settle(
  recovery: Recovery,
  after: Checkpoint,
  transactionIds: readonly string[],
): Promise<Leftover[]> {
  const { transactions, env, say } = recovery;
  const orphans = orphansOf(await transactions.logs(), after);
  await using run = new RollbackRun({ env, store: transactions.store });
  const leftovers: Leftover[] = [];
  for (const transactionId of transactionIds) {
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

/**
 * Says which transactions of earlier runs stay open after a run that was limited to a part of the stack. What they made may be
 * declared, and belong to the part that was left out.
 * @param limits the options that limited the run
 */
export async function sayWhatStaysOpen(
  { transactions, stack, say }: Recovery,
  limits: readonly string[],
): Promise<void> {
  const open = (await transactions.logs()).filter((log) => !hasEnded(log) && hasEffects(log)).map(idOf);
  if (open.length === 0) return;
  const options = limits.join(" and ");
  say(
    `${options} left out a part of stack '${stack}', so ${open.length === 1 ? "transaction" : "transactions"} ${open.join(", ")} ` +
      `of an earlier run ${open.length === 1 ? "stays" : "stay"} open, and nothing that it made was removed. To go on with all of ` +
      `it: npm run up -- --stack ${stack}, without ${options}`,
  );
}

/**
 * Notes the state at the end of a transaction's run that ended by itself. If the state lacks something that the transaction made,
 * because an earlier run of it was cut off, nothing is noted: it would count as taken out of the state by hand
 * (`takenOut.ts`).
 */
export async function noteEnd(
  { transactions }: Pick<Recovery, "transactions">,
  transactionId: string,
  after: Checkpoint,
): Promise<void> {
  const missing = orphansOf([await transactions.entries(transactionId)], after);
  const isWhole = missing.every(({ resourceId }) => resourceId === undefined);
  await transactions.noteStateHash(transactionId, isWhole ? checkpointHash(after) : undefined);
}

const idOf = (log: readonly Entry[]) => log[0]?.transactionId ?? "";

const deletesWorkspaces = (log: readonly Entry[]) =>
  log.some((entry) => entry.kind === "intent" && entry.operation === "delete" && entry.resourceType === "Workspace");
