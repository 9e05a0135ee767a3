import { readDeclaredNames, readOwnResources, resourceOf } from "../../lib/checkpoint/runFolder.ts";
import type { DeclaredNames, OwnResource } from "../../lib/checkpoint/runFolder.ts";
import type { Clock } from "../../lib/clock.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import { checkpointFile } from "../../lib/transactions/transactionFiles.ts";
import { objectsIn } from "./formerStates.ts";
import type { Owner, OwnObjects } from "./run.ts";

/** {@link OwnObjects}, and how a create adds to them. */
export interface NotedObjects extends OwnObjects {
  /** Notes that a create took the object of an earlier run. */
  noteOfEarlierRun(id: string): void;
}

/** What the record is made from. */
export interface OwnObjectsOptions {
  readonly store: LogStore;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** The transaction that the run rolls back. */
  readonly rollbackOf: string | undefined;
}

/** A program declares all resources at once, soon after its start: longer waits mean that it has failed. */
const DECLARED_MS = 60_000;
const LOOK_MS = 50;

/** The record that a run keeps of the stack's own objects, beside the state. */
export function ownObjects({ store, env, clock, rollbackOf }: OwnObjectsOptions): NotedObjects {
  const ofEarlierRuns = new Set<string>();
  const acquired = new Map<string, "made" | "adopted">();
  let own: Map<string, OwnResource[]> | undefined;
  const ownOf = (key: string) =>
    (own ??= Map.groupBy(readOwnResources(env), (resource) => resource.key)).get(key) ?? [];
  const released = new Map<string, object>();
  // an earlier run had to delete what is pending, and nothing has made it anew
  const releasedState = (key: string) => released.get(key) ?? ownOf(key).find(({ isPending }) => isPending)?.state;
  let saved: Promise<ReturnType<typeof objectsIn>> | undefined;
  const savedBefore = (transactionId: string) => (saved ??= store.read(checkpointFile(transactionId)).then(objectsIn));

  // read each time: a program of somebody's own may declare more later
  async function waitForDeclared(): Promise<DeclaredNames> {
    const end = clock.now() + DECLARED_MS;
    for (;;) {
      const names = readDeclaredNames(env);
      if (names) return names;
      if (clock.now() > end) throw new Error("The program has not said what it declares. Try again.");
      await clock.sleep(LOOK_MS);
    }
  }

  return {
    release: (id, state) => void released.set(id, state),
    released: (kindName: string, id: string) => releasedState(objectKey(kindName, id)),
    async formerState(kindName: string, id: string) {
      const key = objectKey(kindName, id);
      const state = releasedState(key) ?? ownOf(key)[0]?.state;
      if (state !== undefined || !rollbackOf) return state;
      return (await savedBefore(rollbackOf)).get(key)?.state;
    },
    async formerObjects(kindName) {
      if (!rollbackOf) return [];
      return [...(await savedBefore(rollbackOf)).values()].filter((former) => former.kindName === kindName);
    },
    async owner(kindName, id): Promise<Owner | undefined> {
      const key = objectKey(kindName, id);
      if (rollbackOf) {
        // a rollback declares all that was there
        const former = (await savedBefore(rollbackOf)).get(key);
        const { displayName } = (former?.state ?? {}) as { readonly displayName?: string };
        return (
          former && {
            resource: resourceOf(kindName, former.name),
            isDeclared: true,
            declaredName: displayName,
            isShared: false,
          }
        );
      }
      const owners = ownOf(key);
      if (owners.length === 0) return undefined;
      const names = await waitForDeclared();
      const resource = (owners.find((one) => one.resource in names) ?? owners[0])?.resource ?? "";
      const isShared = owners.length > 1;
      return { resource, isDeclared: resource in names, declaredName: names[resource] ?? undefined, isShared };
    },
    acquire: (id, how) => void acquired.set(id, how),
    isAcquired: (id) => acquired.has(id),
    // a workspace from before this run may hold what earlier runs put there
    isNewWorkspace(workspaceId) {
      const key = objectKey("Workspace", workspaceId);
      return acquired.get(key) === "made" && !ofEarlierRuns.has(workspaceId.toLowerCase()) && ownOf(key).length === 0;
    },
    isOfEarlierRun: (id) => ofEarlierRuns.has(id.toLowerCase()),
    noteOfEarlierRun: (id) => void ofEarlierRuns.add(id.toLowerCase()),
  };
}
