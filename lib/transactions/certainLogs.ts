import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Entry } from "./entry.ts";
import { assertNoneAtFormerPlace } from "./formerPlace.ts";
import type { PlacedRun } from "./formerPlace.ts";
import { assertNoOtherStack } from "./otherStack.ts";

/**
 * The logs of a stack, once it is certain that they are all of it and no other's.
 * @param current the stack's present state
 * @throws RefusedError if another stack of that name has an open transaction here, or this stack has one at its former place
 * @throws UnreadableLogError if a log of the stack cannot be read whole
 */
export async function certainLogs(run: PlacedRun, current: Checkpoint): Promise<Entry[][]> {
  const { transactions } = run;
  const logs = await transactions.logsOfName();
  await assertNoOtherStack(transactions, logs, current);
  await assertNoneAtFormerPlace(run, current);
  return transactions.ownAmong(logs);
}
