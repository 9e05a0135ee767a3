import { leaveCheckpoint, noteEngineRun } from "../../lib/transactions/engineRun.ts";
import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";

/** What the program of a plain `pulumi up` knows of its run. */
export interface PlainUpdate {
  readonly stack: string;
  /** `fabric:transactionLog`. */
  readonly transactionLog: string;
  /** Address of the engine, which the provider process of this run knows too. */
  readonly engine: string;
  /** Whether it declares something of Fabric. */
  readonly declaresSome: boolean;
}

/**
 * Prepares the transaction of a plain `pulumi up`, before the first resource is registered: keeps the checkpoint from
 * before, and chooses the transaction of the run. It begins nothing, because the run may be a destroy or a refresh: the
 * provider process begins the transaction at its first write, and ends it.
 * @throws UnreadableLogError if a log of the stack cannot be read whole
 */
export async function prepareProgramTransaction(run: PlainUpdate): Promise<void> {
  const { stack, transactionLog, engine, declaresSome } = run;
  const store = await openLogStore(transactionLog, { stack, env: process.env });
  const before = await exportCheckpoint({ projectRoot: process.cwd(), stack, env: process.env });
  const { transactionId, isResumed } = await new StackTransactions(store, stack).choose(before);
  leaveCheckpoint(stack, JSON.stringify(before));
  const note = { engine, transactionId, isResumed, declaresSome };
  noteEngineRun(stack, { ...note, isDeclared: false });
  process.once("exit", (code) => {
    if (code === 0) noteEngineRun(stack, { ...note, isDeclared: true });
  });
}
