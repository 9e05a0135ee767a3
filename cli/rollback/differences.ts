import { inputsAsText, liveResourcesOf, nameOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import { fabricKindOf } from "../../providers/kinds/kinds.ts";
import { newIdsBetween } from "./newIds.ts";

/** A difference between the state and the saved one. */
export interface Difference {
  /** `Workspace 'sales'`. */
  readonly what: string;
  readonly id?: string | undefined;
  readonly reason: string;
}

/**
 * The differences that a rollback leaves between the state and the saved one, for objects of the service. Ids may differ,
 * because deleted objects can only be made anew, and so may values that hold such ids.
 */
export function differencesAfterRollback(after: Checkpoint, saved: Checkpoint): Difference[] {
  const now = new Map(liveResourcesOf(after).map((resource) => [resource.urn, resource]));
  const newIds = newIdsBetween(saved, after);
  const differences = liveResourcesOf(saved).flatMap((before): Difference[] => {
    const same = now.get(before.urn);
    if (!same) return [differenceOf(before, "is missing")];
    const [half] = before.initErrors ? [] : (same.initErrors ?? []);
    if (half !== undefined) return [differenceOf(same, `is half-made: ${half}`)];
    const loss = same.id === before.id ? undefined : fabricKindOf(before.type)?.holdsData?.(before.inputs ?? {});
    if (loss !== undefined)
      return [differenceOf(same, `was deleted and had to be made anew: ${loss} cannot be given back`)];
    const isEqual = inputsAsText(before.inputs, newIds) === inputsAsText(same.inputs);
    return isEqual ? [] : [differenceOf(same, "has other inputs than before")];
  });
  const savedUrns = new Set(liveResourcesOf(saved).map(({ urn }) => urn));
  const extras = resourcesOf(after).filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));
  for (const extra of extras) {
    if (extra.delete) differences.push(differenceOf(extra, "still waits for its deletion"));
    else if (!savedUrns.has(extra.urn)) differences.push(differenceOf(extra, "is still there"));
  }
  return differences;
}

const differenceOf = (resource: CheckpointResource, reason: string): Difference => ({
  what: nameOf(resource),
  id: resource.id,
  reason,
});
