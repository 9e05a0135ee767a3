import { keyOfResource, liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { madeBy } from "../../lib/transactions/madeBy.ts";
import { writtenBy } from "../../lib/transactions/written.ts";
import type { Values, Written } from "../../lib/transactions/written.ts";
import { isAdoption } from "../../providers/engine/undo.ts";
import { newIdsBetween, withNewIds } from "./newIds.ts";

/** An object that a transaction wrote to, and that the stack has again. */
export interface WrittenObject extends Written {
  /** As the stack has it now: an object that was deleted may have been made anew. */
  readonly id: string;
  /** Properties of its resource. */
  readonly state: Values;
}

/**
 * The objects that a transaction wrote to and the saved state has, as the state has them after the engine has restored it.
 * Ids among the values from before are those of the objects that were made anew. Pure.
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
    // a connection that this transaction has made is gone again, and what it has pulled is not
    const isInOldWorkspace = resourceType === "GitConnection" && !made.has(objectKey("Workspace", resourceId));
    if (!own && isInOldWorkspace) return [{ ...written, id: resourceId, state: {} }];
    if (!resource?.id) return [];
    const values = withNewIds(written.before, newIds) as Values;
    const after = withNewIds(written.after, newIds) as Written["after"];
    return [{ ...written, before: values, after, id: resource.id, state: { ...resource.inputs, ...resource.outputs } }];
  });
}
