import type { LogStore } from "../../lib/logStore/logStore.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { operationsGoingOn } from "../../lib/transactions/goingOn.ts";
import { providerNote } from "../../providers/run/providerNote.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** Data for reaching the service in the same way as the run that began an operation. */
export interface OperationsAccess {
  readonly env: NodeJS.ProcessEnv;
  readonly store: LogStore;
  /** Where lines go. */
  readonly say: (line: string) => void;
}

/**
 * Waits until operations that earlier runs left running have ended. The logs name their ids, endpoints and tenants. Objects
 * that are read afterwards do not change any more. If an operation cannot be polled, that is reported and the work
 * continues: its object is looked for all the same.
 */
export async function awaitOperations(
  { env, store, say }: OperationsAccess,
  logs: readonly (readonly Entry[])[],
): Promise<void> {
  const byTransaction = Map.groupBy(operationsGoingOn(logs), ({ transactionId }) => transactionId);
  for (const [transactionId, operations] of byTransaction) {
    say(
      `Waiting for ${operations.map(({ what }) => what).join(", ")}: an earlier run has begun it, and it may still go on.`,
    );
    try {
      const noted = await providerNote(store, transactionId);
      const { startRun } = await import("../../providers/run/liveRun.ts");
      const run = await startRun(noted, env);
      try {
        await Promise.all(operations.map((operation) => run.operationEnded(operation)));
      } finally {
        await run.close();
      }
    } catch (error) {
      say(`It could not be asked for, so nobody waits for it: ${messageOf(error)}`);
    }
  }
}
