import type { LogStore } from "../../lib/logStore/logStore.ts";
import { hasEffects, hasEnded, isSameId, objectKey, outcomeOf } from "../../lib/transactions/entry.ts";
import { rollbackLogOf } from "../../lib/transactions/transactionFiles.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { readTransactionLog } from "../../lib/transactions/transactionLog.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { givesBack, isAdoption } from "../engine/undo.ts";
import { deletedBy, madeBy, mayBeDeleted } from "../../lib/transactions/madeBy.ts";
import type { StackIdentity } from "../../lib/transactions/stackIdentity.ts";
import { areSameNames, takenBy } from "../../lib/transactions/unsettled.ts";
import { mayHaveWritten, writtenTo } from "../../lib/transactions/written.ts";
import type { LoggedPast } from "./run.ts";
import type { JoinedTransaction, RunTransaction } from "./runTransaction.ts";

/** Sources of the answers. */
export interface PastOf {
  readonly store: LogStore;
  readonly stack: string;
  /** Which of the stacks of that name. @default any */
  readonly identity?: () => StackIdentity;
  /** The transaction that the run rolls back. */
  readonly rollbackOf: string | undefined;
  readonly transaction: RunTransaction;
  /** The place that the run reaches. */
  readonly reached: string;
}

/**
 * Answers questions about earlier writes from the transaction logs of a stack. Reads the logs once: what this run writes itself
 * is at hand, and nobody else may write.
 */
export function loggedPast({ store, stack, identity, rollbackOf, transaction, reached }: PastOf): LoggedPast {
  let logs: Promise<Entry[][]> | undefined;
  let undone: Promise<Entry[]> | undefined;
  const undoneLog = (transactionId: string) => (undone ??= readTransactionLog(store, transactionId));
  const beforeWrites = () =>
    (logs ??= new StackTransactions(store, stack, { ...(identity && { identity: identity() }) })
      .logs()
      .then((all) => all.filter((log) => !hasEnded(log))));
  const open = async (): Promise<readonly (readonly Entry[])[]> => {
    // a run that cannot write has written nothing
    const joined = await transaction.joined?.catch(() => undefined);
    return joined ? withWritten(joined) : beforeWrites();
  };
  const undosOf = async <A extends object>(compensation: string, id: string, isCertain = false) =>
    (await open()).flatMap((log) =>
      log.flatMap((entry) => {
        if (entry.kind !== "intent" || entry.operation !== "update" || !isSameId(entry.resourceId, id)) return [];
        if (entry.compensation?.function !== compensation) return [];
        const outcome = outcomeOf(log, entry.step);
        const counts = isCertain ? outcome === "done" : outcome !== "refused";
        return counts ? [entry.compensation.args as A] : [];
      }),
    );
  return {
    undosOf,
    async undoOf<A extends object>(compensation: string, id: string, which: "first" | "last" = "first") {
      const undos = await undosOf<A>(compensation, id);
      return which === "first" ? undos[0] : undos.at(-1);
    },

    async writtenTo(resourceType, resourceId) {
      if (!rollbackOf) return undefined;
      return writtenTo(await undoneLog(rollbackOf), resourceType, resourceId);
    },

    async writtenInOpenTransactions(resourceType, resourceId) {
      return (await open()).flatMap((log) => Object.keys(writtenTo(log, resourceType, resourceId)?.after ?? {}));
    },

    async mayHaveWritten(resourceType, resourceId) {
      if (!rollbackOf) return true;
      return mayHaveWritten(await undoneLog(rollbackOf), resourceType, resourceId);
    },

    async wasDeletedByTransaction(resourceType, resourceId) {
      if (!rollbackOf) return false;
      const key = objectKey(resourceType, resourceId);
      const log = await undoneLog(rollbackOf);
      if (deletedBy(log).has(key)) return true;
      // an earlier attempt at this rollback may have deleted objects itself, also those that the transaction had made
      const own = await readTransactionLog(store, rollbackLogOf(rollbackOf));
      return deletedBy(own).has(key) && !madeBy(log, isAdoption).has(key);
    },

    async mayHaveDeleted(resourceType, resourceId) {
      const key = objectKey(resourceType, resourceId);
      const ofRollback = rollbackOf ? [await readTransactionLog(store, rollbackLogOf(rollbackOf))] : [];
      return mayBeDeleted([...(await open()).flat(), ...ofRollback.flat()], key);
    },

    async wasWrittenByRollback(resourceType, resourceName) {
      if (!rollbackOf) return false;
      const own = await readTransactionLog(store, rollbackLogOf(rollbackOf));
      return hasEffects(own, (intent) => intent.resourceType === resourceType && intent.resourceName === resourceName);
    },

    async wasMadeByTransaction(resourceType, resourceId) {
      if (!rollbackOf) return false;
      return madeBy(await undoneLog(rollbackOf), isAdoption).has(objectKey(resourceType, resourceId));
    },

    async wasBegun(resourceType, names, hasNewId = false) {
      const { unsettled } = await transaction.join(reached);
      const mayBeTaken = takenBy(rollbackOf, hasNewId);
      // an adoption that was cut off proves the opposite: the object was somebody else's
      return unsettled.some(
        (left) =>
          mayBeTaken(left) &&
          !givesBack(left.compensation) &&
          left.resourceType === resourceType &&
          areSameNames(left.names, names),
      );
    },
  };
}

/** The open logs, with what this run has written to its own. */
function withWritten({ openLogs, log }: JoinedTransaction): readonly (readonly Entry[])[] {
  const isOwn = ([first]: readonly Entry[]) => first?.transactionId === log.transactionId;
  return openLogs.some(isOwn)
    ? openLogs.map((one) => (isOwn(one) ? [...one, ...log.written] : one))
    : [...openLogs, log.written];
}
