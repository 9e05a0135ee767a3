import type { LogStore } from "../../lib/logStore/logStore.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import { checkpointFile } from "../../lib/transactions/transactionFiles.ts";
import { pendingStates, statesIn } from "./formerStates.ts";
import type { FormerStates } from "./formerStates.ts";
import type { OwnObjects } from "./run.ts";

/** The part of {@link OwnObjects} that the create of a run notes. */
export interface NotedObjects extends OwnObjects {
  /** Notes that a create took the object of an earlier run. */
  noteOfEarlierRun(id: string): void;
}

/**
 * What a run knows of the stack's own objects beside the state.
 * @param rollbackOf the transaction that the run rolls back
 */
export function ownObjects(store: LogStore, env: NodeJS.ProcessEnv, rollbackOf: string | undefined): NotedObjects {
  const ofEarlierRuns = new Set<string>();
  const acquired = new Map<string, "made" | "adopted">();
  // what an earlier run was asked to delete counts as well, as long as it was not made anew
  const released = pendingStates(env);
  let saved: Promise<FormerStates> | undefined;
  return {
    release: (id, state) => void released.set(id, state),
    released: (kindName, id) => released.get(objectKey(kindName, id)),
    async formerState(kindName, id) {
      const key = objectKey(kindName, id);
      if (released.has(key) || !rollbackOf) return released.get(key);
      saved ??= store.read(checkpointFile(rollbackOf)).then(statesIn);
      return (await saved).get(key);
    },
    acquire: (id, how) => void acquired.set(id, how),
    isAcquired: (id) => acquired.has(id),
    // one that was taken from a run that was cut off may hold what that run put there
    isNewWorkspace: (workspaceId) =>
      acquired.get(objectKey("Workspace", workspaceId)) === "made" && !ofEarlierRuns.has(workspaceId),
    isOfEarlierRun: (id) => ofEarlierRuns.has(id),
    noteOfEarlierRun: (id) => void ofEarlierRuns.add(id),
  };
}
