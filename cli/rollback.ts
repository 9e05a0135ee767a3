import { parseArgs } from "node:util";
import { openLogStore } from "../lib/logStore/openLogStore.ts";
import { hasEffects, hasEnded } from "../lib/transactions/entry.ts";
import type { Entry } from "../lib/transactions/entry.ts";
import { StackTransactions } from "../lib/transactions/stackTransactions.ts";
import { DeploymentEvents } from "./transaction/deploymentEvents.ts";
import { leftoverTable } from "./transaction/leftovers.ts";
import { lostLog } from "./transaction/recovery.ts";
import { projectRoot, pulumiEnvironment } from "./pulumi/pulumi.ts";
import { RollbackRefused, rollBack } from "./rollback/rollBack.ts";
import { runStackCommand } from "./pulumi/stackCommand.ts";
import { withStackToItself } from "./transaction/stackLock.ts";
import { readStackSettings } from "./pulumi/stackSettings.ts";

/* `npm run rollback -- --stack S`: rolls back the transaction that was neither committed nor rolled back. */

const usage = `Usage: npm run rollback -- --stack S [--transaction ID]

Takes a stack back to where it was before the last deployment that neither was committed nor rolled back: one that failed with
useRollback off, that was cut off, or whose rollback could not be completed. --transaction names another one.

Exit codes: 0 rolled back; 1 there is nothing to roll back, or it may not be; 2 something remains, and is listed.`;

async function rollback(stack: string, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { stack: { type: "string", short: "s" }, transaction: { type: "string" } },
  });
  const env = pulumiEnvironment(stack);
  const settings = readStackSettings(projectRoot, stack, env);
  const store = await openLogStore(settings.transactionLog, { stack, env });
  return withStackToItself(stack, env, store, async () => {
    const transactions = new StackTransactions(store, stack);
    const transactionId = values.transaction ?? (await transactions.unfinished());
    if (transactionId === undefined) {
      console.error(
        `Stack '${stack}' has no transaction that could be rolled back: the last one was committed or rolled back.`,
      );
      return 1;
    }
    const entries = await transactions.entries(transactionId);
    const refusal = notToBeRolledBack(entries, { stack, transactionId, where: store.where });
    if (refusal !== undefined) {
      console.error(refusal);
      return 1;
    }
    if (values.transaction === undefined && !hasEffects(entries)) {
      await transactions.endWithoutEffects(transactionId);
      console.error(`Transaction ${transactionId} changed nothing: there is nothing to roll back.`);
      return 0;
    }
    const events = await DeploymentEvents.open(stack, transactionId, settings, env);
    try {
      const say = (line: string) => console.error(line);
      const leftovers = await events.rollback("asked for", () =>
        rollBack({ projectRoot, stack, env, transactions, transactionId, reason: "asked for", say }),
      );
      if (leftovers.length > 0) {
        console.error(leftoverTable(leftovers));
        return 2;
      }
    } catch (error) {
      if (!(error instanceof RollbackRefused)) throw error;
      console.error(error.message);
      return 1;
    } finally {
      await events.close();
    }
    await transactions.withdraw();
    return 0;
  });
}

/** Why a log cannot be what was asked for, if so. */
function notToBeRolledBack(
  entries: readonly Entry[],
  { stack, transactionId, where }: { readonly stack: string; readonly transactionId: string; readonly where: string },
): string | undefined {
  const [begin] = entries;
  if (!begin) return lostLog(stack, transactionId, where);
  if (begin.kind !== "begin") return undefined;
  if (begin.stack !== stack)
    return `Transaction ${transactionId} is of stack '${begin.stack}' and not of '${stack}': nothing was done.`;
  if (begin.checkpoint !== undefined || hasEnded(entries) || !hasEffects(entries)) return undefined;
  return (
    `There is nothing to roll back: the last run of stack '${stack}' (${transactionId}) was no transaction, but a destroy or ` +
    `a pulumi up without useRollback, so no checkpoint from before it was saved. To finish a destroy, run it again; else ` +
    `deploy what you want: npm run up -- --stack ${stack}`
  );
}

await runStackCommand({ usage, run: rollback });
