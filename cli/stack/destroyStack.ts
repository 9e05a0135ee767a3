import { CONFIG_FILE } from "../../lib/project/projectFile.ts";
import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { limitsOf } from "../commandLine/forcingOptions.ts";
import { liftedProtection, tellLifted } from "./liftedProtection.ts";
import { quoted } from "../commandLine/quoted.ts";
import { takeOption, takeSwitch } from "../commandLine/commandLine.ts";
import { assertStartable, runsProgram } from "./longConfiguration.ts";
import { openedStack } from "./openStack.ts";
import { isOptionOn, variableOf } from "../commandLine/optionVariables.ts";
import { runPulumi } from "../pulumi/pulumi.ts";
import type { Ended } from "../pulumi/pulumi.ts";
import { stackOption } from "../commandLine/stackCommand.ts";
import { catchUp, sayWhatStaysOpen, settleAll } from "../transaction/recovery.ts";
import type { Recovery } from "../transaction/recovery.ts";
import { hasEffects } from "../../lib/transactions/entry.ts";
import { checkpointHash, isForeign, liveResourcesOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { exportCheckpoint, pulumi, referenceOf } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { checkpointing } from "../transaction/checkpointing.ts";
import { RunNotes } from "../transaction/runNotes.ts";
import { withStackToItself } from "../transaction/stackLock.ts";
import { transactionsOf } from "../transaction/transactionsOf.ts";

/**
 * `pulumi destroy`, also for objects that the state lacks. If an earlier run was cut off, the state is brought up to date
 * first. Once the state is empty, the orphans of the transaction log are removed as well, and with `--remove` the stack.
 *
 * The run has a log of its own, which this command begins, and ends after the engine has written the state: a run that is
 * killed in between leaves an open log, and the next command reads again what the log names. So the engine need not write
 * the state at each step.
 * @returns the exit code: Pulumi's own, or 2 if something must be done by hand
 */
export async function destroyStack(named: StackAccess, given: readonly string[]): Promise<number> {
  // the CLI would remove the stack before its log is settled
  const { rest: args } = takeSwitch(given, "remove");
  const { access: found, settings } = await openedStack(named, args);
  const { stack } = found;
  if (runsProgram(args, found.env)) assertStartable(stack, settings.configurationBytes, found.env);
  const isToBeRemoved = isOptionOn(given, found.env, "remove");
  const env = { ...found.env, [variableOf("remove")]: "false" };
  const store = await openLogStore(settings.transactionLog, { stack, env });
  return withStackToItself(found, store, async () => {
    const transactions = transactionsOf(found, store);
    const access = { ...found, env, transactions, say: (line: string) => console.error(line) };
    const before = await catchUp(access);
    const protection = await liftedProtection("destroy", args, access, before);
    if (protection.refusal !== undefined) {
      console.error(protection.refusal);
      return 1;
    }
    tellLifted(protection, "is");
    const isShown = isOptionOn(args, env, "preview-only");
    // with --run-program, the program itself cannot tell this from an update
    const own = { ...env, ...checkpointsOf(before, env), FABRIC_OPERATION: "destroy" };
    const command = ["destroy", ...stackOption(access), ...args];
    // a preview deletes nothing, so it has no log
    if (isShown) return (await runPulumi(command, own)).code;
    const transactionId = await transactions.beginRun();
    const notes = new RunNotes(transactions, transactionId, "destroy", access.projectRoot);
    const ended = await runPulumi(command, { ...own, FABRIC_TRANSACTION_ID: transactionId });
    const limits = limitsOf("destroy", args, env);
    const run: EndedDestroy = { access, transactionId, notes, before, limits, given };
    const code = ended.code === 0 ? await finish(run) : await fail(run, ended);
    await notes.ended(code);
    if (code !== 0 || !isToBeRemoved) return code;
    if (holdsObjects(await exportCheckpoint(access))) {
      console.error(`Stack '${stack}' still has resources, so it was not removed.`);
      return 1;
    }
    console.error(
      (await pulumi(["stack", "rm", "--yes", ...stackOption(access)], { cwd: access.projectRoot, env })).trim(),
    );
    return 0;
  });
}

/** The engine's checkpoints during a destroy. The log does not cover objects of other packages, so they need every one. */
const checkpointsOf = (before: Checkpoint, env: NodeJS.ProcessEnv) =>
  resourcesOf(before).some(isForeign) ? {} : checkpointing({ resources: resourcesOf(before).length }, env);

/** A destroy whose engine has ended. */
interface EndedDestroy {
  readonly access: Recovery;
  readonly transactionId: string;
  readonly notes: RunNotes;
  /** The checkpoint before the run. */
  readonly before: Checkpoint;
  /** The options that limited the run to a part of the stack. */
  readonly limits: readonly string[];
  /** All options, as they were given. */
  readonly given: readonly string[];
}

/** Ends the log of a destroy that succeeded, and removes orphans of earlier runs once nothing is left. @returns the exit code */
async function finish({ access, transactionId, notes, limits }: EndedDestroy): Promise<number> {
  const { transactions } = access;
  const after = await exportCheckpoint(access);
  // a target leaves resources out, and what an earlier run made and no state has
  if (holdsObjects(after) || limits.length > 0) {
    await transactions.settle(transactionId, checkpointHash(after));
    if (!holdsObjects(after)) await sayWhatStaysOpen(access, limits);
    return 0;
  }
  const leftovers = await settleAll(access, after);
  if (leftovers.length > 0) {
    notes.left(leftovers);
    const { leftoverTable } = await import("../transaction/leftovers.ts");
    console.error(leftoverTable(leftovers));
    return 2;
  }
  await transactions.withdraw();
  return 0;
}

/** A destroy that failed, was declined or was stopped: its log stays open if it has changed something. @returns the exit code */
async function fail({ access, transactionId, before, given }: EndedDestroy, { code, signal }: Ended): Promise<number> {
  const { transactions, stack } = access;
  const stateHash = checkpointHash(await exportCheckpoint(access));
  const isSame = stateHash === checkpointHash(before);
  if (!hasEffects(await transactions.entries(transactionId)) && isSame) {
    await transactions.endRun(transactionId);
    console.error("Nothing was destroyed.");
    return code;
  }
  console.error(
    `Stack '${stack}' was not destroyed whole. Run destroy again, with the same options: npm run destroy -- --stack ${referenceOf(access)}` +
      `${optionsAgain(given, access.env)}\n` +
      `A destroy is no transaction, and is not rolled back.`,
  );
  // an engine that was killed, or could not write the state: the next command reads again what the log names
  if (signal === null && code <= 1) {
    await transactions.noteFailure(transactionId);
    if (!isSame) await transactions.noteStateHash(transactionId, stateHash);
  }
  return code;
}

/**
 * Options as they are written again, without the values of the configuration, which are saved and may be secret, and without what
 * answers questions in advance.
 */
function optionsAgain(given: readonly string[], env: NodeJS.ProcessEnv): string {
  const answered = takeSwitch(takeSwitch(takeOption(given, "config", "c").rest, "yes", "y").rest, "skip-preview", "f");
  // the command has taken this option for itself
  const file = process.env[CONFIG_FILE] ? undefined : env[CONFIG_FILE];
  return [...answered.rest, ...(file === undefined ? [] : [`--config-file=${file}`])]
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? ` ${arg}` : ` ${quoted(arg)}`))
    .join("");
}

/** Whether a state holds objects, and not only providers and components. */
const holdsObjects = (state: Checkpoint) =>
  liveResourcesOf(state).some(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));
