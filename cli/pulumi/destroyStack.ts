import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { leftoverTable } from "../transaction/leftovers.ts";
import { liftedProtection, tellLifted } from "./liftedProtection.ts";
import { ensureStack, projectRoot, pulumiEnvironment, runPulumi } from "./pulumi.ts";
import { catchUp, settleAll } from "../transaction/recovery.ts";
import { liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";
import { withStackToItself } from "../transaction/stackLock.ts";
import { readStackSettings } from "./stackSettings.ts";

/**
 * `pulumi destroy`, and what it does not know of: where a run was cut off before, the state learns first what that did, and
 * when nothing is left in it, what the transaction log knows is removed as well.
 * @returns the exit code: Pulumi's own, or 2 where something is left to be done by hand
 */
export async function destroyStack(stack: string, args: readonly string[]): Promise<number> {
  const env = pulumiEnvironment(stack);
  const { transactionLog } = readStackSettings(projectRoot, stack, env);
  const store = await openLogStore(transactionLog, { stack, env });
  return withStackToItself(stack, env, store, async () => {
    await ensureStack(stack, env);
    const transactions = new StackTransactions(store, stack);
    const access = { projectRoot, stack, env, transactions, say: (line: string) => console.error(line) };
    const protection = await liftedProtection("destroy", args, access, await catchUp(access));
    if (protection.refusal !== undefined) {
      console.error(protection.refusal);
      return 1;
    }
    tellLifted(protection, "is");
    // with --run-program, the program cannot see by itself that this is no update
    const { code } = await runPulumi(["destroy", ...args], { ...env, FABRIC_OPERATION: "destroy" });
    if (code !== 0) {
      console.error(
        `Stack '${stack}' was not destroyed whole. Run destroy again, with the same options: npm run destroy -- --stack ` +
          `${stack}. A destroy is no transaction, and is not rolled back.`,
      );
      return code;
    }
    const after = await exportCheckpoint(access);
    // some were only shown, or left out
    if (liveResourcesOf(after).some(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"))) return 0;
    const leftovers = await settleAll(access, after);
    if (leftovers.length > 0) {
      console.error(leftoverTable(leftovers));
      return 2;
    }
    await transactions.withdraw();
    return 0;
  });
}
