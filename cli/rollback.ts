import { existsSync } from "node:fs";
import { checkpointFile, withdrawTransaction } from "../lib/transactionLog.ts";
import { leftoverTable } from "./leftovers.ts";
import { unfinishedTransaction } from "./openTransaction.ts";
import { projectRoot, pulumiEnvironment, runPulumi } from "./pulumi.ts";
import { rollBack } from "./rollback/rollBack.ts";
import { runStackCommand } from "./stackCommand.ts";
import { staleLockOf } from "./stackLock.ts";
import { readStackSettings } from "./stackSettings.ts";

/* `npm run rollback -- --stack S`: rolls back the transaction of `npm run up` that has not ended. */

const usage = `Usage: npm run rollback -- --stack S

Takes a stack back to where it was before the last npm run up that neither was committed nor rolled back: one that failed with
useRollback off, that was cut off, or whose rollback could not be completed.`;

async function rollback(stack: string): Promise<number> {
  const env = pulumiEnvironment(stack);
  const { logFolder } = readStackSettings(projectRoot, stack, env);
  const transactionId = unfinishedTransaction(logFolder, stack);
  if (transactionId === undefined) {
    console.error(
      `Stack '${stack}' has no transaction that could be rolled back: the last one was committed or rolled back.`,
    );
    return 1;
  }
  if (!existsSync(checkpointFile(logFolder, transactionId))) {
    console.error(`Transaction ${transactionId} cannot be rolled back: the checkpoint from before it was not saved.`);
    return 1;
  }
  if (staleLockOf(stack, env)) await runPulumi(["cancel", "--yes", "--stack", stack], env);
  const say = (line: string) => console.error(line);
  const leftovers = await rollBack({ projectRoot, stack, env, logFolder, transactionId, reason: "asked for", say });
  if (leftovers.length > 0) {
    console.error(leftoverTable(leftovers));
    return 2;
  }
  withdrawTransaction(logFolder, stack);
  return 0;
}

await runStackCommand({ usage, run: rollback });
