import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { liftedProtection, tellLifted } from "./liftedProtection.ts";
import { takeSwitch } from "./commandLine.ts";
import { openedStack } from "./openStack.ts";
import { runPulumi } from "./pulumi.ts";
import { stackOption } from "./stackCommand.ts";
import { catchUp, settleAll } from "../transaction/recovery.ts";
import { liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import { exportCheckpoint, pulumi } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { withStackToItself } from "../transaction/stackLock.ts";

/** `--remove`, as the CLI takes it from the environment. */
const REMOVE = "PULUMI_OPTION_REMOVE";

/**
 * `pulumi destroy`, also for objects that the state lacks. If an earlier run was cut off, the state is brought up to date
 * first. Once the state is empty, the orphans of the transaction log are removed as well, and with `--remove` the stack.
 * @returns the exit code: Pulumi's own, or 2 if something must be done by hand
 */
export async function destroyStack(named: StackAccess, given: readonly string[]): Promise<number> {
  // the CLI would remove the stack before its log is settled
  const { isOn: isRemove, rest: args } = takeSwitch(given, "remove");
  const { access: found, settings } = await openedStack(named, args);
  const { stack } = found;
  const isToBeRemoved = isRemove || /^(true|1|t)$/i.test(found.env[REMOVE] ?? "");
  const env = { ...found.env, [REMOVE]: "false" };
  const store = await openLogStore(settings.transactionLog, { stack, env });
  return withStackToItself(found, store, async () => {
    const transactions = new StackTransactions(store, stack);
    const access = { ...found, env, transactions, say: (line: string) => console.error(line) };
    const protection = await liftedProtection("destroy", args, access, await catchUp(access));
    if (protection.refusal !== undefined) {
      console.error(protection.refusal);
      return 1;
    }
    tellLifted(protection, "is");
    // with --run-program, the program itself cannot tell this from an update
    const { code } = await runPulumi(["destroy", ...stackOption(access), ...args], {
      ...env,
      FABRIC_OPERATION: "destroy",
    });
    if (code !== 0) {
      console.error(
        `Stack '${stack}' was not destroyed whole. Run destroy again, with the same options: npm run destroy -- --stack ` +
          `${stack}. A destroy is no transaction, and is not rolled back.`,
      );
      return code;
    }
    const after = await exportCheckpoint(access);
    // a preview only shows the deletes, and a target leaves resources out
    if (liveResourcesOf(after).some(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"))) {
      const isShown = takeSwitch(args, "preview-only").isOn;
      if (!isToBeRemoved || isShown) return 0;
      console.error(`Stack '${stack}' still has resources, so it was not removed.`);
      return 1;
    }
    const leftovers = await settleAll(access, after);
    if (leftovers.length > 0) {
      const { leftoverTable } = await import("../transaction/leftovers.ts");
      console.error(leftoverTable(leftovers));
      return 2;
    }
    await transactions.withdraw();
    await transactions.seal();
    if (isToBeRemoved && !takeSwitch(args, "preview-only").isOn)
      console.error(
        (await pulumi(["stack", "rm", "--yes", ...stackOption(access)], { cwd: access.projectRoot, env })).trim(),
      );
    return 0;
  });
}
