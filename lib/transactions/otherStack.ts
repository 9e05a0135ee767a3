import { checkpointHash } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { hasEffects, hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { RefusedError } from "./refusedError.ts";
import { identityDifference } from "./stackIdentity.ts";
import type { StackIdentity } from "./stackIdentity.ts";
import { isRollbackLog } from "./transactionFiles.ts";
import type { StackTransactions } from "./stackTransactions.ts";

/**
 * Refuses to go on beside an open transaction of another stack that has the same name. What that transaction made is in no state
 * that this run knows, so the run would remove it.
 * @param logs all logs of stacks of that name ({@link StackTransactions.logsOfName})
 * @param current the stack's present state, in which a state that was moved to another backend is recognised; undefined if it is
 *   not known: then only the project is compared
 * @throws RefusedError that names both stacks, and how to part them
 */
export async function assertNoOtherStack(
  transactions: StackTransactions,
  logs: readonly (readonly Entry[])[],
  current?: Checkpoint,
): Promise<void> {
  const { stack, store, identity } = transactions;
  for (const log of logs) {
    const [begin] = log;
    // the log of a rollback belongs to the transaction that it undoes
    if (begin?.kind !== "begin" || isRollbackLog(begin.transactionId) || hasEnded(log) || !hasEffects(log)) continue;
    const difference = identityDifference(begin, identity);
    if (difference === undefined) continue;
    if (difference === "backend") {
      const isMoved = current && (await transactions.stateHash(begin.transactionId)) === checkpointHash(current);
      if (!current || isMoved) continue;
    }
    throw new RefusedError(
      `Transaction ${begin.transactionId} in ${store.where} is open, and is of ${described(begin, difference)}. This is ` +
        `${described(identity, difference)}. Its stack is called '${stack}' too, and logs are told apart by that name, so nothing ` +
        `was done. Give this stack a place of its own: pulumi config set fabric:transactionLog PLACE --stack ${stack}. ` +
        `Or finish the transaction ${wayBack(begin, difference)}: npm run up -- --stack ${stack}, or npm run rollback -- --stack ` +
        `${stack}`,
    );
  }
}

/** A project that was renamed is the same one. */
const wayBack = ({ project }: StackIdentity, difference: keyof StackIdentity): string =>
  difference === "project"
    ? `in that project (if it was renamed, give it the name '${project}' again until then)`
    : "with that backend";

const described = ({ project, backend }: StackIdentity, difference: keyof StackIdentity): string =>
  difference === "project" ? `project '${project}'` : `the state in ${backend}`;
