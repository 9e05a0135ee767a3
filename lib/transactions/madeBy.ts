import { isSameId, objectKey, outcomesIn } from "./entry.ts";
import type { Entry, Intent } from "./entry.ts";

/**
 * The id of the resource that a create of a log has made.
 * @returns undefined if its answer did not come, or did not tell
 */
export function madeId(log: readonly Entry[], create: Intent & { readonly step: string }): string | undefined {
  const done = log.find((entry) => entry.kind === "done" && entry.step === create.step);
  const id = done?.kind === "done" ? done.resourceId : undefined;
  // logs of format 1 tell the names by the arguments
  return id && resourceIdOf(create.names ?? create.compensation?.args ?? {}, id);
}

/** Ids in answers are the service's; those of resources in workspaces, items and connections have the ids of these before them. */
function resourceIdOf({ workspaceId, itemId, connectionId }: Readonly<Record<string, unknown>>, id: string): string {
  if (typeof connectionId === "string" && !id.includes("/")) return `${connectionId}/${id}`;
  if (typeof workspaceId !== "string" || isSameId(workspaceId, id) || id.includes("/")) return id;
  return typeof itemId === "string" ? `${workspaceId}/${itemId}/${id}` : `${workspaceId}/${id}`;
}

/** The last create of each object that the creates of a log have made, by the object's key: its index in the log. */
function lastCreates(log: readonly Entry[], isLeftOut: (create: Intent) => boolean): ReadonlyMap<string, number> {
  return new Map(
    log.flatMap((entry, index): [string, number][] => {
      if (entry.kind !== "intent" || entry.operation !== "create" || isLeftOut(entry)) return [];
      const id = madeId(log, entry);
      return id === undefined ? [] : [[objectKey(entry.resourceType, id), index]];
    }),
  );
}

/**
 * Keys of the objects that the creates of a log have made, as far as their answers came.
 * @param isLeftOut creates that do not count. @default all count
 */
export function madeBy(
  log: readonly Entry[],
  isLeftOut: (create: Intent) => boolean = () => false,
): ReadonlySet<string> {
  return new Set(lastCreates(log, isLeftOut).keys());
}

/**
 * Keys of the objects that the transaction of a log has taken away, or may have: by a delete, or by an update that takes the
 * object away before it makes the object again, as for another branch of a workspace.
 */
export function deletedBy(log: readonly Entry[]): ReadonlySet<string> {
  const made = lastCreates(log, () => false);
  const outcomeOf = outcomesIn(log);
  return new Set(
    log.flatMap((entry, index) => {
      if (entry.kind !== "intent" || entry.operation === "create") return [];
      const key = objectKey(entry.resourceType, entry.resourceId);
      const isTakenAway = entry.operation === "delete" || (made.get(key) ?? -1) > index;
      return isTakenAway && outcomeOf(entry.step) !== "refused" ? [key] : [];
    }),
  );
}

/**
 * Whether an object was deleted, or may have been, and was not made again since: from a recycle bin, for example, it comes back with
 * its id.
 * @param entries of one log, or of several one after the other
 * @param key of the object ({@link objectKey})
 */
export function mayBeDeleted(entries: readonly Entry[], key: string): boolean {
  const outcomeOf = outcomesIn(entries);
  const last = entries.findLast((entry) => {
    if (entry.kind !== "intent" || entry.operation === "update") return false;
    if (entry.operation === "create") return objectKey(entry.resourceType, madeId(entries, entry)) === key;
    return objectKey(entry.resourceType, entry.resourceId) === key && outcomeOf(entry.step) !== "refused";
  });
  return last?.kind === "intent" && last.operation === "delete";
}
