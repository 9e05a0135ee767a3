import type { LogStore } from "../../lib/logStore/logStore.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import { checkpointFile } from "../../lib/transactions/transactionFiles.ts";
import { objectsIn, pendingStates } from "./formerStates.ts";
import type { OwnObjects } from "./run.ts";

/** {@link OwnObjects}, and how a create adds to them. */
export interface NotedObjects extends OwnObjects {
  /** Notes that a create took the object of an earlier run. */
  noteOfEarlierRun(id: string): void;
}

/**
 * The record that a run keeps of the stack's own objects, beside the state.
 * @param rollbackOf the transaction that the run rolls back
 */
export function ownObjects(store: LogStore, env: NodeJS.ProcessEnv, rollbackOf: string | undefined): NotedObjects {
  const ofEarlierRuns = new Set<string>();
  const acquired = new Map<string, "made" | "adopted">();
  // includes objects that an earlier run had to delete and nothing has made anew
  const released = pendingStates(env);
  let saved: Promise<ReturnType<typeof objectsIn>> | undefined;
  const savedBefore = (transactionId: string) => (saved ??= store.read(checkpointFile(transactionId)).then(objectsIn));
  return {
    release: (id, state) => void released.set(id, state),
    released: (kindName, id) => released.get(objectKey(kindName, id)),
    async formerState(kindName, id) {
      const key = objectKey(kindName, id);
      if (released.has(key) || !rollbackOf) return released.get(key);
      return (await savedBefore(rollbackOf)).get(key)?.state;
    },
    async formerObjects(kindName) {
      if (!rollbackOf) return [];
      return [...(await savedBefore(rollbackOf)).values()].filter((former) => former.kindName === kindName);
    },
    acquire: (id, how) => void acquired.set(id, how),
    isAcquired: (id) => acquired.has(id),
    // a workspace of an earlier run that was cut off may hold what that run put there
    isNewWorkspace: (workspaceId) =>
      acquired.get(objectKey("Workspace", workspaceId)) === "made" && !ofEarlierRuns.has(workspaceId),
    isOfEarlierRun: (id) => ofEarlierRuns.has(id),
    noteOfEarlierRun: (id) => void ofEarlierRuns.add(id),
  };
}
