import { keyOfResource, liveResourcesOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { deletedBy, madeBy } from "../../lib/transactions/madeBy.ts";
import { isAdoption } from "../../providers/engine/undo.ts";

/**
 * URNs of resources that both states have, and whose objects a transaction has made although it had deleted none: somebody else
 * had taken them away before it, and its refresh saw that. They were not there before the transaction. Pure.
 * @param rollbackLog what its rollback has done so far
 */
export function remadeBy(
  log: readonly Entry[],
  rollbackLog: readonly Entry[],
  { saved, current }: { readonly saved: Checkpoint; readonly current: Checkpoint },
): string[] {
  const made = madeBy(log, isAdoption);
  const deleted = new Set([...deletedBy(log), ...deletedBy(rollbackLog)]);
  const before = new Map(liveResourcesOf(saved).map((resource) => [resource.urn, resource]));
  // an original that waits for its deletion is still there
  const waiting = new Set(resourcesOf(current).flatMap((resource) => (resource.delete ? keyOfResource(resource) : [])));
  return liveResourcesOf(current).flatMap((resource) => {
    const former = before.get(resource.urn);
    if (!former || !made.has(keyOfResource(resource))) return [];
    const key = keyOfResource(former);
    return deleted.has(key) || waiting.has(key) ? [] : [resource.urn];
  });
}
