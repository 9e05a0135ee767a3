import { openLogStore } from "../lib/openLogStore.ts";
import { TransactionLog, hasEffects, outcomeOf, readTransactionLog } from "../lib/transactionLog.ts";
import type { Entry } from "../lib/transactionLog.ts";
import { stateHashFile, withdrawTransaction } from "../lib/transactions.ts";
import { checkpointing } from "./checkpointing.ts";
import { DeploymentEvents } from "./deploymentEvents.ts";
import { InterruptionWatch } from "./interruption.ts";
import { leftoverTable } from "./leftovers.ts";
import { endWithoutEffects, openTransaction } from "./openTransaction.ts";
import { ensureStack, projectRoot, pulumiEnvironment, runPulumi } from "./pulumi.ts";
import { checkpointHash, foreignChanges, withoutPendingOperations } from "./rollback/checkpoint.ts";
import { cleanUpBeforeCommit, rollBack } from "./rollback/rollBack.ts";
import type { TransactionOrder } from "./rollback/rollBack.ts";
import { exportCheckpoint, importCheckpoint } from "./rollback/stackState.ts";
import { runStackCommand } from "./stackCommand.ts";
import { withStackToItself } from "./stackLock.ts";
import { readStackSettings } from "./stackSettings.ts";

/*
 * `npm run up -- --stack S …`: `pulumi up` as a transaction. The exit codes follow from the log and the state, because the
 * CLI's own exit code does not tell what happened.
 */

const usage = `Usage: npm run up -- --stack S [options of pulumi up]

Deploys a stack as a transaction: it is committed whole, or with useRollback on rolled back whole. A run that was cut off is
gone on with. Everything after the stack's name goes to pulumi up (pulumi up --help).

Exit codes: 0 committed; 1 failed and rolled back, declined, or nothing had been done; 2 failed, and something remains;
130 interrupted, after the same treatment.`;

async function up(stack: string, args: readonly string[]): Promise<number> {
  const env = pulumiEnvironment(stack);
  const { flags, transactionLog } = readStackSettings(projectRoot, stack, env);
  await ensureStack(stack, env);
  const store = await openLogStore(transactionLog);
  return withStackToItself(stack, env, store, async () => {
    const access = { projectRoot, stack, env };
    const before = await exportCheckpoint(access);
    // the log knows what became of them, and pending operations would stay in the state for ever
    const settled = withoutPendingOperations(before);
    if (settled.isChanged) await importCheckpoint(access, settled.checkpoint);
    const { transactionId, isResumed } = await openTransaction(store, stack, settled.checkpoint, flags.useRollback);
    if (isResumed) console.error(`Transaction ${transactionId} was cut off: this run goes on with it.`);
    const earlier = (await readTransactionLog(store, transactionId)).length;
    await store.remove(stateHashFile(transactionId));
    const events = await DeploymentEvents.open(stack, transactionId, flags, env);
    events.started(isResumed);
    try {
      using watch = new InterruptionWatch();
      const own = {
        ...watch.env,
        ...checkpointing(projectRoot, stack, before, env),
        FABRIC_TRANSACTION_ID: transactionId,
      };
      const { code } = await runPulumi(["up", ...args, ...watch.args], { ...env, ...own });
      const say = (line: string) => console.error(line);
      const changes = code === 0 ? [] : foreignChanges(settled.checkpoint, await exportCheckpoint(access));
      const run: Run = {
        order: { ...access, store, transactionId, say },
        events,
        useRollback: flags.useRollback,
        isInterrupted: watch.isInterrupted,
        foreignChanges: changes,
        isIdle: changes.length === 0 && (await readTransactionLog(store, transactionId)).length === earlier,
      };
      return code === 0 ? await commit(run) : await fail(run);
    } finally {
      await events.close();
    }
  });
}

/** A run of the CLI that has ended. */
interface Run {
  readonly order: TransactionOrder;
  readonly events: DeploymentEvents;
  readonly useRollback: boolean;
  readonly isInterrupted: boolean;
  /** What a failed run has changed that is not in the log, by name. */
  readonly foreignChanges: readonly string[];
  /** It has not even tried to change anything. */
  readonly isIdle: boolean;
}

async function commit({ order, events }: Run): Promise<number> {
  const { store, stack, transactionId } = order;
  const after = await exportCheckpoint(order);
  const leftovers = await cleanUpBeforeCommit(order, after);
  const entries = await readTransactionLog(store, transactionId);
  if (leftovers.length > 0) {
    events.failed("orphans of an earlier run remain", entries);
    console.error(`${leftoverTable(leftovers)}\nThe stack is as declared. Run npm run up again to finish.`);
    return 2;
  }
  const log = await TransactionLog.open({ store, transactionId });
  await log.commit(checkpointHash(after));
  await log.close();
  await withdrawTransaction(store, stack);
  events.succeeded(entries);
  return 0;
}

async function fail({ order, events, useRollback, isInterrupted, foreignChanges, isIdle }: Run): Promise<number> {
  const { store, stack, transactionId } = order;
  const failed = isInterrupted ? 130 : 1;
  const reason = isInterrupted ? "interrupted" : "pulumi up failed";
  const entries = await readTransactionLog(store, transactionId);
  events.failed(reason, entries);
  if (!hasEffects(entries) && foreignChanges.length === 0) {
    await endWithoutEffects(store, stack, transactionId);
    return failed;
  }
  if (!useRollback || isIdle) {
    await store.write(stateHashFile(transactionId), checkpointHash(await exportCheckpoint(order)));
    const why = isIdle ? "is still open" : "failed, and useRollback is off";
    const remains = [...effectsOf(entries), ...foreignChanges.map((name) => `  changed ${name}`)];
    console.error(
      `Transaction ${transactionId} ${why}. What it made remains:\n${remains.join("\n")}\n` +
        `To go on: npm run up -- --stack ${stack}. To take it back: npm run rollback -- --stack ${stack}`,
    );
    return 2;
  }
  const leftovers = await events.rollback(reason, () => rollBack({ ...order, reason }));
  if (leftovers.length > 0) {
    console.error(`${leftoverTable(leftovers)}\nTry again with: npm run rollback -- --stack ${stack}`);
    return 2;
  }
  await withdrawTransaction(store, stack);
  return failed;
}

/** What a transaction has changed, one line for each. */
function effectsOf(entries: readonly Entry[]): string[] {
  const words = { create: "created", update: "updated", delete: "deleted" };
  const lines = entries.flatMap((entry) => {
    if (entry.kind !== "intent") return [];
    const outcome = outcomeOf(entries, entry.step);
    if (outcome === "refused") return [];
    const { operation, resourceType, resourceName } = entry;
    return [`  ${words[operation]} ${resourceType} '${resourceName}'${outcome === "unknown" ? " (perhaps)" : ""}`];
  });
  return [...new Set(lines)];
}

await runStackCommand({ usage, run: up });
