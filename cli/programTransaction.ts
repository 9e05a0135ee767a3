import { noteEngineRun } from "../lib/engineRun.ts";
import { openLogStore } from "../lib/openLogStore.ts";
import { openTransaction } from "./openTransaction.ts";
import { exportCheckpoint } from "./rollback/stackState.ts";

/** What the program of a plain `pulumi up` knows of its run. */
export interface ProgramRun {
  readonly stack: string;
  /** `fabric:transactionLog`. */
  readonly transactionLog: string;
  /** Address of the engine, which the provider process of this run knows too. */
  readonly engine: string;
}

/**
 * Begins the transaction of a plain `pulumi up`, before the first resource is registered: the checkpoint from before is
 * saved, so that the run can be rolled back. The provider process of the run ends it: commits what was declared and made,
 * or says in one line how to go back.
 */
export async function beginProgramTransaction({ stack, transactionLog, engine }: ProgramRun): Promise<void> {
  const store = await openLogStore(transactionLog, { stack, env: process.env });
  const before = await exportCheckpoint({ projectRoot: process.cwd(), stack, env: process.env });
  const { transactionId } = await openTransaction(store, stack, before, true);
  noteEngineRun(stack, { engine, transactionId, isDeclared: false });
  process.once("exit", (code) => {
    if (code === 0) noteEngineRun(stack, { engine, transactionId, isDeclared: true });
  });
}
