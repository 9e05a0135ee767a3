import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { checkpointHash } from "../../lib/checkpoint/checkpoint.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { checkpointing } from "../transaction/checkpointing.ts";
import { noteEnd } from "../transaction/recovery.ts";
import { withStackToItself } from "../transaction/stackLock.ts";
import { transactionsOf } from "../transaction/transactionsOf.ts";
import { assertStartable, runsProgram } from "./longConfiguration.ts";
import { openedStack } from "./openStack.ts";
import { runPulumi } from "../pulumi/pulumi.ts";
import { stackOption } from "../commandLine/stackCommand.ts";
import { changeFormOfState } from "./stateFiles.ts";

/**
 * `pulumi refresh`. It only reads the service, so a failed deployment can be rolled back after it as before: the state that it
 * has written takes the place of the one that the deployment left.
 * @returns the exit code
 */
export async function refreshStack(named: StackAccess, args: readonly string[]): Promise<number> {
  const { access, settings } = await openedStack(named, args);
  const { stack } = access;
  if (runsProgram(args, access.env)) assertStartable(stack, settings.configurationBytes, access.env);
  const env = { ...access.env, ...checkpointing(settings, access.env) };
  const refresh = async () => (await runPulumi(["refresh", ...stackOption(access), ...args], env)).code;
  const transactions = await reachedTransactions(access, settings.transactionLog);
  if (transactions === undefined) {
    changeFormOfState(stack, access.env);
    return refresh();
  }
  // another command may be between two runs of the CLI, when it does not hold Pulumi's own lock
  const refreshAlone = async () => {
    const transactionId = await leftAsItIs(access, transactions);
    if (transactionId === undefined) return refresh();
    // a refresh that is killed has cut the transaction's work off
    const isNoted = await transactions.noteStateHash(transactionId, undefined).then(
      () => true,
      () => false,
    );
    const code = await refresh();
    // who may only read the log changes nothing in it
    if (isNoted) await noteEnd({ transactions }, transactionId, await exportCheckpoint(access));
    return code;
  };
  return withStackToItself(access, transactions.store, refreshAlone, { isReader: true });
}

/** The stack's transactions; undefined if their log cannot be reached, which a refresh does not need. */
async function reachedTransactions(access: StackAccess, place: string): Promise<StackTransactions | undefined> {
  try {
    return transactionsOf(access, await openLogStore(place, { stack: access.stack, env: access.env }));
  } catch {
    return undefined;
  }
}

/** The open transaction whose last run ended by itself, if the state is still as that run left it. */
async function leftAsItIs(access: StackAccess, transactions: StackTransactions): Promise<string | undefined> {
  try {
    const transactionId = await transactions.unfinished();
    const hash = transactionId === undefined ? undefined : await transactions.stateHash(transactionId);
    return hash !== undefined && hash === checkpointHash(await exportCheckpoint(access)) ? transactionId : undefined;
  } catch {
    // a log that cannot be read stops what writes to the stack, and a refresh does not
    return undefined;
  }
}
