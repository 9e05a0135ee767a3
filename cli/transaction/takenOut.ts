import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { orphansOf } from "../../lib/transactions/orphans.ts";

/**
 * Releases objects that were taken out of the state after the last run of an open transaction (`pulumi state move`, `state
 * delete`). A run that ended by itself left all that it made for certain in the state. So an object that is missing since
 * then is no orphan, and may belong to another stack by now.
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
