import { keyOfResource, liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { madeBy } from "../../lib/transactions/madeBy.ts";
import { writtenBy } from "../../lib/transactions/written.ts";
import type { Values, Written } from "../../lib/transactions/written.ts";
import { pushesIn } from "../../providers/kinds/git/pushNote.ts";
import { isAdoption } from "../../providers/engine/undo.ts";
import { newIdsBetween, withNewIds } from "./newIds.ts";

/** An object that a transaction wrote to, and that the stack holds again. */
export interface WrittenObject extends Written {
  /** Present id in the stack: a deleted object may have been made anew. */
  readonly id: string;
  /** Properties of the object's resource. */
  readonly state: Values;
}

/**
 * The objects of the saved state that a transaction wrote to, with their state after the engine's restore. In the values from
 * before, ids of objects that were made anew are replaced by the new ones. Pure.
 */
export function writtenObjects(log: readonly Entry[], saved: Checkpoint, current: Checkpoint): WrittenObject[] {
  const now = new Map(liveResourcesOf(current).map((resource) => [resource.urn, resource]));
  const before = new Map(liveResourcesOf(saved).map((resource) => [keyOfResource(resource), resource]));
  const newIds = newIdsBetween(saved, current);
  const made = madeBy(log, isAdoption);
  return writtenBy(log).flatMap((written): WrittenObject[] => {
    const { resourceType, resourceId } = written;
    const own = before.get(objectKey(resourceType, resourceId));
    const resource = own && now.get(own.urn);
    // the rollback has removed a connection that this transaction made, but not the items that it pulled or pushed
    if (!own && resourceType === "GitConnection") {
      const isInNewWorkspace = made.has(objectKey("Workspace", resourceId));
      const left = isInNewWorkspace ? pushesIn(written.before) : written.before;
      return [{ ...written, before: left, id: resourceId, state: {} }];
    }
    const values = withNewIds(written.before, newIds) as Values;
    // the transaction itself began to look for what nobody declares
    const isOfWorkspace = ["UnlistedUsers", "UnlistedItems"].includes(resourceType);
    if (!own && isOfWorkspace && !made.has(objectKey("Workspace", resourceId)))
      return [{ ...written, before: values, id: newIds.get(resourceId) ?? resourceId, state: {} }];
    if (!resource?.id) return [];
    const after = withNewIds(written.after, newIds) as Written["after"];
    return [{ ...written, before: values, after, id: resource.id, state: { ...resource.inputs, ...resource.outputs } }];
  });
}
