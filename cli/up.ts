import { TransactionLog, readTransactionLog, withdrawTransaction } from "../lib/transactionLog.ts";
import { leftoverTable } from "./leftovers.ts";
import { hasEffects, openTransaction } from "./openTransaction.ts";
import { ensureStack, projectRoot, pulumiEnvironment, runPulumi } from "./pulumi.ts";
import { rollBack } from "./rollback/rollBack.ts";
import { runStackCommand } from "./stackCommand.ts";
import { staleLockOf } from "./stackLock.ts";
import { readStackSettings } from "./stackSettings.ts";

/*
 * `npm run up -- --stack S …`: `pulumi up` as a transaction. Exit codes: 0 committed; 1 failed and rolled back, or nothing had
 * been done; 2 failed, and something remains; 130 interrupted, after the same treatment. They follow from the log and the
 * state, because the CLI's own exit code does not tell what happened.
 */

const usage = `Usage: npm run up -- --stack S [options of pulumi up]

Deploys a stack as a transaction: it is committed whole, or with useRollback on rolled back whole. A run that was cut off is
gone on with. Everything after the stack's name goes to pulumi up (pulumi up --help).`;

async function up(stack: string, args: readonly string[]): Promise<number> {
  const env = pulumiEnvironment(stack);
  const { flags, logFolder } = readStackSettings(projectRoot, stack, env);
  await ensureStack(stack, env);
  const lock = staleLockOf(stack, env);
  if (lock) {
    console.error(
      `The stack is locked by process ${lock.pid} (since ${lock.since}), which is gone: the lock is removed.`,
    );
    await runPulumi(["cancel", "--yes", "--stack", stack], env);
  }
  const access = { projectRoot, stack, env };
  const { transactionId, isResumed } = await openTransaction(access, logFolder, flags.useRollback);
  if (isResumed) console.error(`Transaction ${transactionId} was cut off: this run goes on with it.`);

  let isInterrupted = false;
  const interrupt = () => (isInterrupted = true);
  process.on("SIGINT", interrupt);
  const { code } = await runPulumi(["up", ...args], { ...env, FABRIC_TRANSACTION_ID: transactionId });
  process.off("SIGINT", interrupt);

  const failed = isInterrupted ? 130 : 1;
  if (code === 0) {
    await withLog(logFolder, transactionId, (log) => log.commit());
    withdrawTransaction(logFolder, stack);
    return 0;
  }
  if (!hasEffects(readTransactionLog(logFolder, transactionId))) {
    await withLog(logFolder, transactionId, (log) => log.rolledBack());
    withdrawTransaction(logFolder, stack);
    return failed;
  }
  if (!flags.useRollback) {
    console.error(
      `Transaction ${transactionId} failed, and useRollback is off: what was made remains. Run it again to go on, or roll it back: npm run rollback -- --stack ${stack}`,
    );
    return 2;
  }
  const say = (line: string) => console.error(line);
  const leftovers = await rollBack({
    ...access,
    logFolder,
    transactionId,
    reason: isInterrupted ? "interrupted" : "pulumi up failed",
    say,
  });
  if (leftovers.length > 0) {
    console.error(`${leftoverTable(leftovers)}\nTry again with: npm run rollback -- --stack ${stack}`);
    return 2;
  }
  withdrawTransaction(logFolder, stack);
  return failed;
}

async function withLog(
  folder: string,
  transactionId: string,
  write: (log: TransactionLog) => Promise<void>,
): Promise<void> {
  const log = await TransactionLog.open({ folder, transactionId });
  await write(log);
  await log.close();
}

await runStackCommand({ usage, run: up });
