import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { stackIdentity } from "../../lib/transactions/stackIdentity.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";

/** The transactions of a command's stack. */
export function transactionsOf({ projectRoot, stack, env }: StackAccess, store: LogStore): StackTransactions {
  return new StackTransactions(store, stack, { identity: stackIdentity(projectRoot, store.where, env) });
}
