import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { orphansOf } from "../rollback/plan.ts";

/**
 * Lets go of what somebody took out of the state since a run of an open transaction has ended (`pulumi state move`, `state
 * delete`): when the run ended by itself, all that it had made for certain was in the state. It is no orphan, and may be
 * another stack's by now.
 * @param open logs of transactions that have not ended
 */
export async function letGoOfTakenOut(
  { transactions, say }: { readonly transactions: StackTransactions; readonly say: (line: string) => void },
  open: readonly (readonly Entry[])[],
  current: Checkpoint,
): Promise<void> {
  for (const entries of open) {
    const transactionId = entries[0]?.transactionId ?? "";
    if ((await transactions.stateHash(transactionId)) === undefined) continue;
    const taken = orphansOf([entries], current).filter(({ resourceId }) => resourceId !== undefined);
    if (taken.length === 0) continue;
    const log = await transactions.openLog(transactionId);
    for (const { step, resourceType, resourceName, resourceId } of taken) {
      say(
        `${resourceType} '${resourceName}' (${resourceId ?? ""}) was taken out of the state by hand: it is left alone.`,
      );
      await log.compensated(step);
    }
    await log.close();
  }
}
