import { openLogStore } from "../lib/logStore/openLogStore.ts";
import { certainLogs } from "../lib/transactions/certainLogs.ts";
import { hasEffects, hasEnded } from "../lib/transactions/entry.ts";
import type { Entry } from "../lib/transactions/entry.ts";
import type { StackAccess } from "../lib/checkpoint/exportCheckpoint.ts";
import { DeploymentEvents } from "./transaction/deploymentEvents.ts";
import { leftoverTable } from "./transaction/leftovers.ts";
import { lostLog } from "./transaction/recovery.ts";
import { takeOverRenamed } from "./transaction/renamedStack.ts";
import { takeSwitch } from "./commandLine/commandLine.ts";
import { refuse } from "./commandLine/commandOutput.ts";
import { ownOptions } from "../lib/project/ownOptions.ts";
import { openedStack } from "./stack/openStack.ts";
import { rollBack } from "./rollback/rollBack.ts";
import { RollbackRefused } from "./rollback/rollbackRefused.ts";
import { RunNotes } from "./transaction/runNotes.ts";
import { runStackCommand } from "./commandLine/stackCommand.ts";
import { withStackToItself } from "./transaction/stackLock.ts";
import { transactionsOf } from "./transaction/transactionsOf.ts";
import { WRONG_CALL } from "./commandLine/wrongCall.ts";

/* `npm run rollback -- --stack S`: rolls back the transaction that was neither committed nor rolled back. */

const usage = `Usage: npm run rollback -- --stack S [--transaction ID] [--config-file FILE] [--yes]

Takes a stack back to where it was before the last deployment that neither was committed nor rolled back: one that failed with
useRollback off, that was cut off, or whose rollback could not be completed. --transaction names another one. Nothing is asked, with
or without --yes. --output json prints the result as one JSON object (docs/outputs.md).

Exit codes: 0 rolled back; 1 there is nothing to roll back, or it may not be; 2 something remains, and is listed.
${WRONG_CALL}`;

/** Options of Pulumi's commands that a rollback takes, because scripts give them to every command; it never asks. */
const OF_PULUMI = {
  yes: { type: "boolean", short: "y" },
  "skip-preview": { type: "boolean", short: "f" },
  "non-interactive": { type: "boolean" },
  color: { type: "string" },
  config: { type: "string", short: "c", multiple: true },
  "config-path": { type: "boolean" },
  parallel: { type: "string", short: "p" },
  message: { type: "string", short: "m" },
  verbose: { type: "string", short: "v" },
  diff: { type: "boolean" },
  emoji: { type: "boolean", short: "e" },
  logflow: { type: "boolean" },
  logtostderr: { type: "boolean" },
  "suppress-outputs": { type: "boolean" },
  "suppress-progress": { type: "boolean" },
} as const;

/** The command line without values of switches, which the CLI takes and Node does not: `--yes=true`. */
function plainSwitches(args: readonly string[]): string[] {
  const switches = Object.entries(OF_PULUMI).flatMap(([name, { type }]) => (type === "boolean" ? [name] : []));
  return args.flatMap((arg) => {
    const name = switches.find((one) => arg.startsWith(`--${one}=`));
    if (name === undefined) return [arg];
    return takeSwitch([arg], name).isOn ? [`--${name}`] : [];
  });
}

async function rollback(named: StackAccess, args: readonly string[]): Promise<number> {
  const { values } = ownOptions("rollback", {
    args: plainSwitches(args),
    options: { ...OF_PULUMI, transaction: { type: "string" } },
  });
  const { access, settings } = await openedStack(named, args);
  const { stack, env } = access;
  const store = await openLogStore(settings.transactionLog, { stack, env });
  return withStackToItself(access, store, async () => {
    const transactions = transactionsOf(access, store);
    const order = { ...access, transactions, say: (line: string) => console.error(line) };
    const current = await takeOverRenamed(order);
    const logs = await certainLogs(order, current);
    const transactionId = values.transaction ?? (await transactions.unfinished());
    if (transactionId === undefined) {
      return refuse(
        `Stack '${stack}' has no transaction that could be rolled back: the last one was committed or rolled back.`,
      );
    }
    const entries = await transactions.entries(transactionId);
    const isOwn = logs.some(([begin]) => begin?.transactionId === transactionId);
    const refusal = notToBeRolledBack(entries, { stack, transactionId, where: store.where, isOwn });
    if (refusal !== undefined) {
      return refuse(refusal);
    }
    if (values.transaction === undefined && !hasEffects(entries)) {
      await transactions.endWithoutEffects(transactionId);
      console.error(`Transaction ${transactionId} changed nothing: there is nothing to roll back.`);
      return 0;
    }
    const notes = new RunNotes(transactions, transactionId, "rollback", access.projectRoot);
    const events = await DeploymentEvents.open(stack, transactionId, settings, env);
    try {
      const leftovers = await events.rollback("asked for", () =>
        rollBack({ ...order, transactionId, reason: "asked for" }),
      );
      notes.left(leftovers);
      await notes.ended(leftovers.length > 0 ? 2 : 0);
      if (leftovers.length > 0) {
        console.error(leftoverTable(leftovers));
        return 2;
      }
    } catch (error) {
      if (!(error instanceof RollbackRefused)) throw error;
      return refuse(error.message);
    } finally {
      await events.close();
    }
    await transactions.withdraw();
    return 0;
  });
}

/** Which transaction is to be rolled back. */
interface Asked {
  readonly stack: string;
  readonly transactionId: string;
  /** The place of its log. */
  readonly where: string;
  /** It is the stack's, also under a former name of that. */
  readonly isOwn: boolean;
}

/** Why a log cannot be what was asked for, if so. */
function notToBeRolledBack(
  entries: readonly Entry[],
  { stack, transactionId, where, isOwn }: Asked,
): string | undefined {
  const [begin] = entries;
  if (!begin) return lostLog(stack, transactionId, where);
  if (begin.kind !== "begin") return undefined;
  if (!isOwn)
    return `Transaction ${transactionId} is of stack '${begin.stack}'${begin.project ? ` of project '${begin.project}'` : ""} and not of '${stack}': nothing was done.`;
  if (begin.checkpoint !== undefined || hasEnded(entries) || !hasEffects(entries)) return undefined;
  return (
    `There is nothing to roll back: the last run of stack '${stack}' (${transactionId}) was no transaction, but a destroy or ` +
    `a pulumi up without useRollback, so no checkpoint from before it was saved. To finish a destroy, run it again; else ` +
    `deploy what you want: npm run up -- --stack ${stack}`
  );
}

await runStackCommand({ name: "rollback", usage, hasJson: true, run: rollback });
