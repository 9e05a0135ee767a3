import type { LogStore } from "../../lib/logStore.ts";
import { TransactionLog, readTransactionLog } from "../../lib/transactionLog.ts";
import { checkpointFile, readTransactionLogs, rollbackLogOf, stateHashFile } from "../../lib/transactions.ts";
import type { Leftover } from "../leftovers.ts";
import type { UnsettledCreate } from "../../lib/unsettled.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { Orphans } from "./orphans.ts";
import { builtUpon, nothingObserved, plan } from "./plan.ts";
import type { Observed, Step } from "./plan.ts";
import { remove, restore } from "./restore.ts";
import type { EngineFailure } from "./restore.ts";
import { decryptedCheckpoint, exportCheckpoint, importCheckpoint, refreshStack } from "./stackState.ts";
import type { StackAccess } from "./stackState.ts";

/** A transaction to be brought to an end. */
export interface TransactionOrder extends StackAccess {
  readonly store: LogStore;
  readonly transactionId: string;
  /** Where lines go. */
  readonly say: (line: string) => void;
}

/** A transaction must not be rolled back. */
export class RollbackRefused extends Error {
  override readonly name = "RollbackRefused";
}

/**
 * Takes a stack back to where it was before a transaction: the engine restores the saved checkpoint, then what the log
 * knows and the state does not is removed, then both are compared.
 * @returns what is left to be done by hand; nothing, where the rollback is complete
 * @throws RollbackRefused, or Error where it cannot begin; nothing was changed then
 */
export async function rollBack(order: TransactionOrder & { readonly reason: string }): Promise<Leftover[]> {
  const { store, transactionId, say } = order;
  const saved = await savedCheckpoint(store, transactionId);
  const stateHash = (await store.read(stateHashFile(transactionId)))?.toString();
  await assertNotBuiltUpon(order, stateHash);
  const plain = saved && (await decryptedCheckpoint(order, saved));
  // a log of its own for what the rollback does: it is not part of the transaction that it undoes
  const env = { ...order.env, FABRIC_ROLLBACK_OF: transactionId, FABRIC_TRANSACTION_ID: rollbackLogOf(transactionId) };
  const access: StackAccess = { ...order, env };
  let observed: Observed = nothingObserved;
  let failures: EngineFailure[] = [];
  const leftovers: Leftover[] = [];
  const file = await TransactionLog.open({ store, transactionId });
  try {
    await using orphans = new Orphans({ env, store, say });
    let hasBegun = false;
    for (;;) {
      const log = await readTransactionLog(store, transactionId);
      const rollbackLog = await readTransactionLog(store, rollbackLogOf(transactionId));
      const current = await exportCheckpoint(access);
      const steps = plan({ log, rollbackLog, saved, current, isCutOff: stateHash === undefined }, observed);
      const [step] = steps;
      if (!step || !plain || step.kind === "refuse")
        throw new RollbackRefused(step?.kind === "refuse" ? step.reason : "");
      if (!hasBegun) {
        await file.rollback(order.reason);
        say(`Rolling back transaction ${transactionId}. Reason: ${order.reason}`);
        // from here on the state changes by the rollback itself
        await store.remove(stateHashFile(transactionId));
        hasBegun = true;
      }
      if (step.kind === "import") await importCheckpoint(access, step.checkpoint);
      else if (step.kind === "reread") {
        await refreshStack(access, step.urns);
        observed = { ...observed, isReread: true };
      } else if (step.kind === "restore") {
        failures = await restore(access, { saved: plain, current, exclude: step.exclude }, say);
        observed = { ...observed, restores: observed.restores + 1, failures };
      } else if (step.kind === "remove") {
        const others = failures.filter(({ urn }) => !step.urns.includes(urn));
        failures = [...others, ...(await remove(access, step.urns, say))];
        observed = { ...observed, removals: observed.removals + 1, failures };
      } else if (step.kind === "compensate") {
        // all that stand first: none of them changes what the others depend on
        const found = leading(steps);
        for (const orphan of found) leftovers.push(...(await orphans.remove(orphan, file, current)));
        observed = {
          ...observed,
          compensated: new Set([...observed.compensated, ...found.map((orphan) => orphan.step)]),
        };
      } else {
        leftovers.push(...failures.map(({ leftover }) => leftover));
        leftovers.push(...differencesIn(step).filter(({ what }) => !leftovers.some((left) => left.what === what)));
        if (leftovers.length > 0) return leftovers;
        await settle(store, rollbackLogOf(transactionId));
        await file.rolledBack();
        say(`✓ Transaction ${transactionId} fully rolled back`);
        return [];
      }
    }
  } finally {
    await file.close();
  }
}

/** The orphans that stand at the beginning of a plan. */
function leading(steps: readonly Step[]): UnsettledCreate[] {
  const end = steps.findIndex(({ kind }) => kind !== "compensate");
  return steps.slice(0, end).flatMap((step) => (step.kind === "compensate" ? [step.orphan] : []));
}

async function savedCheckpoint(store: LogStore, transactionId: string): Promise<Checkpoint | undefined> {
  const saved = await store.read(checkpointFile(transactionId));
  return saved && (JSON.parse(saved.toString()) as Checkpoint);
}

async function assertNotBuiltUpon(order: TransactionOrder, stateHash: string | undefined): Promise<void> {
  const { store, transactionId, stack } = order;
  const reason = builtUpon(
    await readTransactionLog(store, transactionId),
    await readTransactionLogs(store, stack),
    await exportCheckpoint(order),
    stateHash,
  );
  if (reason !== undefined) throw new RollbackRefused(reason);
}

/** What the rollback itself made is settled with it. */
async function settle(store: LogStore, transactionId: string): Promise<void> {
  if ((await readTransactionLog(store, transactionId)).length === 0) return;
  const log = await TransactionLog.open({ store, transactionId });
  await log.commit();
  await log.close();
}

const differencesIn = (step: Step): Leftover[] => (step.kind === "report" ? [...step.differences] : []);
