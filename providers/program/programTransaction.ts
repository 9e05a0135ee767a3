import { projectFolder } from "../../lib/project/projectFolder.ts";
import { leaveCheckpoint, noteEngineRun } from "../../lib/transactions/engineRun.ts";
import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { certainLogs } from "../../lib/transactions/certainLogs.ts";
import { stackIdentity } from "../../lib/transactions/stackIdentity.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";

/** Facts about its run that the program of a plain `pulumi up` knows. */
export interface PlainUpdate {
  readonly stack: string;
  /** `fabric:transactionLog`. */
  readonly transactionLog: string;
  /** Address of the engine, which the provider process of this run knows too. */
  readonly engine: string;
  /** Whether the program declares objects of Fabric. */
  readonly declaresSome: boolean;
}

/**
 * Prepares the transaction of a plain `pulumi up` before the first resource is registered: saves the present checkpoint, and
 * chooses the transaction of the run. Nothing begins here, because the run may be a destroy or a refresh. The provider
 * process begins the transaction at its first write, and ends it.
 * @throws UnreadableLogError if a log of the stack cannot be read whole
 * @throws RefusedError if another stack of that name has an open transaction here, or this stack has one at its former place
 */
export async function prepareProgramTransaction(run: PlainUpdate): Promise<void> {
  const { stack, transactionLog, engine, declaresSome } = run;
  const store = await openLogStore(transactionLog, { stack, env: process.env });
  const projectRoot = projectFolder();
  const before = await exportCheckpoint({ projectRoot, stack, env: process.env });
  const transactions = new StackTransactions(store, stack, {
    identity: stackIdentity(projectRoot, store.where, process.env),
  });
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const logs = await certainLogs({ projectRoot, env: process.env, transactions, say }, before);
  const { transactionId, isResumed } = await transactions.choose(before, logs);
  leaveCheckpoint(stack, JSON.stringify(before));
  const note = { engine, transactionId, isResumed, declaresSome };
  noteEngineRun(stack, { ...note, isDeclared: false });
  process.once("exit", (code) => {
    if (code === 0) noteEngineRun(stack, { ...note, isDeclared: true });
  });
}
