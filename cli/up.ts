import { existsSync } from "node:fs";
import { messageOf } from "../lib/api/messageOf.ts";
import { STATUS_LINE } from "../providers/engine/engineStatus.ts";
import { openLogStore } from "../lib/logStore/openLogStore.ts";
import { hasEffects, outcomesIn } from "../lib/transactions/entry.ts";
import type { Entry } from "../lib/transactions/entry.ts";
import { checkpointing } from "./transaction/checkpointing.ts";
import { DeploymentEvents } from "./transaction/deploymentEvents.ts";
import { wordsOfEarlierRun } from "../lib/transactions/earlierRun.ts";
import { CtrlCWatch } from "./transaction/ctrlCWatch.ts";
import { isJsonOutput, noteResult, refuse } from "./commandLine/commandOutput.ts";
import { limitsOf } from "./commandLine/forcingOptions.ts";
import { foldedList } from "./commandLine/foldedList.ts";
import type { ListedObject } from "./commandLine/foldedList.ts";
import { liftedProtection, tellLifted } from "./stack/liftedProtection.ts";
import { assertStartable } from "./stack/longConfiguration.ts";
import { RunFolder } from "./transaction/runFolder.ts";
import { runPulumi } from "./pulumi/pulumi.ts";
import type { Ended } from "./pulumi/pulumi.ts";
import { catchUp, noteEnd, sayWhatStaysOpen, settle, settleAll } from "./transaction/recovery.ts";
import { checkpointHash, foreignChanges } from "../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../lib/checkpoint/checkpoint.ts";
import { RollbackRefused } from "./rollback/rollbackRefused.ts";
import type { TransactionOrder } from "./rollback/rollBack.ts";
import { exportCheckpoint } from "../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../lib/checkpoint/exportCheckpoint.ts";
import { openedForUpdate } from "./stack/openStack.ts";
import { optionValue } from "./commandLine/optionVariables.ts";
import { runStackCommand, stackOption } from "./commandLine/stackCommand.ts";
import { firstFailure } from "./transaction/firstFailure.ts";
import { RunNotes } from "./transaction/runNotes.ts";
import { freeStaleLock, withStackToItself } from "./transaction/stackLock.ts";
import { transactionsOf } from "./transaction/transactionsOf.ts";
import { WRONG_CALL } from "./commandLine/wrongCall.ts";

/*
 * `npm run up -- --stack S …`: `pulumi up` as a transaction. Log and state decide the exit code, because the CLI's own exit
 * code does not show what happened.
 */

const usage = `Usage: npm run up -- --stack S [--plan FILE] [options of pulumi up]

Deploys a stack as a transaction: it is committed whole, or with useRollback on rolled back whole. A run that was cut off
or failed is gone on with. Everything after the stack's name goes to pulumi up (pulumi up --help).

--plan FILE    makes the changes of that plan and no others (npm run preview -- --stack S --save-plan FILE)
--output json  prints the result as one JSON object (docs/outputs.md); give --yes with it

Exit codes: 0 committed; 1 failed and rolled back, declined, or nothing had been done; 2 failed, and something remains;
130 interrupted, after the same treatment.
${WRONG_CALL}`;

async function up(named: StackAccess, args: readonly string[]): Promise<number> {
  const plan = optionValue(args, named.env, "plan");
  if (plan !== undefined && !existsSync(plan)) throw new Error(`There is no plan ${plan}. Nothing was done.`);
  const { access: stackAccess, settings } = await openedForUpdate(named, args);
  const { stack, env } = stackAccess;
  const { flags, transactionLog, configurationBytes } = settings;
  assertStartable(stack, configurationBytes, env);
  const store = await openLogStore(transactionLog, { stack, env });
  return withStackToItself(stackAccess, store, async () => {
    const say = (line: string) => console.error(line);
    const transactions = transactionsOf(stackAccess, store);
    const access = { ...stackAccess, transactions, say };
    const before = await catchUp(access);
    const protection = await liftedProtection("up", args, access, before);
    if (protection.refusal !== undefined) {
      return refuse(protection.refusal);
    }
    tellLifted(protection, "is");
    const { transactionId, isResumed, earlierRun } = await transactions.open(before, flags.useRollback);
    if (earlierRun)
      console.error(`Transaction ${transactionId} ${wordsOfEarlierRun[earlierRun]}: this run goes on with it.`);
    const earlier = (await transactions.entries(transactionId)).length;
    await transactions.noteStateHash(transactionId, undefined);
    const notes = new RunNotes(transactions, transactionId, "up", access.projectRoot);
    const events = await DeploymentEvents.open(stack, transactionId, settings, env);
    events.started(isResumed, earlierRun);
    try {
      using watch = new CtrlCWatch(optionValue(args, env, "event-log"));
      using folder = new RunFolder(before);
      const own = {
        ...watch.env,
        ...checkpointing(settings, env),
        ...folder.env,
        ...(process.stdout.isTTY && { [STATUS_LINE]: "true" }),
        FABRIC_TRANSACTION_ID: transactionId,
      };
      const ended = await runPulumi(["up", ...stackOption(access), ...args, ...watch.args], { ...env, ...own });
      const run: EndedUpdate = {
        order: { ...access, transactionId },
        events,
        notes,
        limits: limitsOf("up", args, env),
        isResumed,
        useRollback: flags.useRollback,
        isInterrupted: ended.isSignalled || watch.isPressed,
        isCutOff: ended.signal !== null || ended.code > 1,
        before,
        hasTried: (await transactions.entries(transactionId)).length > earlier,
      };
      const code = ended.code === 0 ? await commit(run) : await fail(run);
      if (isJsonOutput() && (code === 1 || code === 2))
        noteResult({ error: await errorOf(ended, watch.eventLog, env) });
      await notes.ended(code);
      if (code !== 1) tellLifted(protection, "was");
      if (code !== 0 && plan !== undefined)
        console.error(
          `What is not what the plan ${plan} says was refused. To review another one: ` +
            `npm run preview -- --stack ${stack} --save-plan ${plan}`,
        );
      return code;
    } catch (error) {
      await notes.ended(2);
      if (error instanceof RollbackRefused) throw error;
      const reason = messageOf(error);
      throw new Error(
        `${reason}\nTransaction ${transactionId} is still open: what was done is in its log. When that works again: ` +
          `pulumi cancel --stack ${stack} if the stack is locked, then npm run up -- --stack ${stack}`,
        { cause: error },
      );
    } finally {
      await events.close();
    }
  });
}

/** Why the command could not do its work, for its result. */
async function errorOf(ended: Ended, eventLog: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (ended.code === 0)
    return "The stack is as declared, and what an earlier run left could not be removed: see leftovers.";
  // loaded only for a result as JSON
  const { shownErrors } = await import("./pulumi/shownErrors.ts");
  return shownErrors(eventLog, env) ?? `pulumi up ended with ${ended.signal ?? ended.code}: standard error says why.`;
}

/** A run of the CLI that has ended. */
interface EndedUpdate {
  readonly order: TransactionOrder;
  readonly events: DeploymentEvents;
  readonly notes: RunNotes;
  /** The options that limited the run to a part of the stack. */
  readonly limits: readonly string[];
  /** Whether an earlier run began the transaction. */
  readonly isResumed: boolean;
  readonly useRollback: boolean;
  readonly isInterrupted: boolean;
  /** The CLI did not end by itself, so its last checkpoint may lack completed steps. */
  readonly isCutOff: boolean;
  /** The checkpoint before the run. */
  readonly before: Checkpoint;
  /** Whether the run has at least tried to change something in Fabric. */
  readonly hasTried: boolean;
}

async function commit({ order, events, notes, limits, isResumed }: EndedUpdate): Promise<number> {
  const { transactions, transactionId } = order;
  const after = await exportCheckpoint(order);
  const isLimited = limits.length > 0;
  // what an earlier run made may belong to the part that was left out
  if (isLimited && isResumed) {
    await noteEnd(order, transactionId, after);
    await sayWhatStaysOpen(order, limits);
    events.succeeded(await transactions.entries(transactionId));
    return 0;
  }
  const leftovers = await (isLimited ? settle(order, after, [transactionId]) : settleAll(order, after));
  const entries = await transactions.entries(transactionId);
  if (leftovers.length > 0) {
    events.failed("orphans of an earlier run remain", entries);
    notes.left(leftovers);
    const { leftoverTable } = await import("./transaction/leftovers.ts");
    console.error(`${leftoverTable(leftovers)}\nThe stack is as declared. Run npm run up again to finish.`);
    return 2;
  }
  await transactions.withdraw();
  if (isLimited) await sayWhatStaysOpen(order, limits);
  events.succeeded(entries);
  return 0;
}

async function fail(run: EndedUpdate): Promise<number> {
  const { order, events, notes, useRollback, isInterrupted, isCutOff } = run;
  const { transactions, stack, transactionId } = order;
  const failed = isInterrupted ? 130 : 1;
  const entries = await transactions.entries(transactionId);
  const reason = isInterrupted ? "interrupted" : (firstFailure(entries)?.reason ?? "pulumi up failed");
  events.failed(reason, entries);
  // an engine that was killed has left its lock, which would prevent the rollback
  if (isCutOff) await freeStaleLock(order);
  const after = await exportCheckpoint(order);
  const stateHash = checkpointHash(after);
  const [begin] = entries;
  // a run without effects may have changed only the state, for example names of resources or objects outside Fabric
  if (!hasEffects(entries) && begin?.kind === "begin" && begin.checkpointHash === stateHash) {
    await transactions.endWithoutEffects(transactionId);
    return failed;
  }
  // a state that is still the same could not be written: the next command reads again what the log names
  const isUnwritten = run.hasTried && stateHash === checkpointHash(run.before);
  if (!isCutOff) {
    await transactions.noteFailure(transactionId);
    if (!isUnwritten) await noteEnd(order, transactionId, after);
  }
  const changes = foreignChanges(run.before, after);
  const isIdle = !run.hasTried && changes.length === 0;
  const isStopped = isInterrupted && isCutOff;
  if (!useRollback || isIdle || isStopped) {
    const why = isStopped ? "was stopped" : isIdle ? "is still open" : "failed, and useRollback is off";
    const remains = [...effectsOf(entries), ...changes.map((name) => `  changed ${name}`)];
    console.error(
      `Transaction ${transactionId} ${why}. What it did remains:\n${remains.join("\n")}\n` +
        `To go on: npm run up -- --stack ${stack}. To take it back: npm run rollback -- --stack ${stack}`,
    );
    return isInterrupted ? failed : 2;
  }
  // loaded here: Pulumi's own SDK is half of the memory of this process
  const { rollBack } = await import("./rollback/rollBack.ts");
  const leftovers = await events.rollback(reason, () => rollBack({ ...order, reason }));
  if (leftovers.length > 0) {
    notes.left(leftovers);
    const { leftoverTable } = await import("./transaction/leftovers.ts");
    console.error(`${leftoverTable(leftovers)}\nTry again with: npm run rollback -- --stack ${stack}`);
    return 2;
  }
  await transactions.withdraw();
  return failed;
}

const PERHAPS = " (perhaps)";

/** Changes of a transaction, one line for each; hundreds fold. */
function effectsOf(entries: readonly Entry[]): string[] {
  const words = { create: "created", update: "updated", delete: "deleted" };
  const outcomeOf = outcomesIn(entries);
  const effects = entries.flatMap((entry): ListedObject[] => {
    if (entry.kind !== "intent") return [];
    const outcome = outcomeOf(entry.step);
    if (outcome === "refused") return [];
    const { operation, resourceType, resourceName: name } = entry;
    const said = `${words[operation]} ${resourceType}`;
    return [{ words: said, name, line: `  ${said} '${name}'${outcome === "unknown" ? PERHAPS : ""}` }];
  });
  // a step that was completed for certain may also have an uncertain line, from before its last part
  const certain = new Set(effects.flatMap(({ line }) => (line.endsWith(PERHAPS) ? [] : [line])));
  const once = [...new Map(effects.map((effect) => [effect.line, effect])).values()];
  return foldedList(once.filter(({ line }) => !line.endsWith(PERHAPS) || !certain.has(line.slice(0, -PERHAPS.length))));
}

await runStackCommand({ name: "up", usage, hasJson: true, run: up });
