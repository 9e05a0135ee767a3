import { keyOfResource, liveResourcesOf } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { objectKey } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { unsettledCreates } from "./unsettled.ts";
import type { UnsettledCreate } from "./unsettled.ts";

/**
 * Objects that logs made, or may have made, if the state does not hold them and no delete has removed them. Pure.
 * @param logs of the stack
 */
export function orphansOf(logs: readonly (readonly Entry[])[], current: Checkpoint): UnsettledCreate[] {
  const inState = new Set(liveResourcesOf(current).map(keyOfResource));
  return unsettledCreates(logs).filter(
    ({ resourceType, resourceId }) => !inState.has(objectKey(resourceType, resourceId)),
  );
}

/**
 * What earlier runs of a transaction made, and neither the state nor the present run holds. Pure.
 * @param log of the transaction, whole
 * @param before the state before the present run
 * @param written the entries of the present run
 */
export function leftByEarlierRuns(
  log: readonly Entry[],
  before: Checkpoint,
  written: readonly Entry[],
): UnsettledCreate[] {
  const own = new Set(written.flatMap((entry) => (entry.kind === "intent" ? entry.step : [])));
  const taken = new Set(
    unsettledCreates([log]).flatMap(({ step, resourceType, resourceId }) =>
      own.has(step) && resourceId !== undefined ? objectKey(resourceType, resourceId) : [],
    ),
  );
  return orphansOf([log], before).filter(
    ({ step, resourceType, resourceId }) => !own.has(step) && !taken.has(objectKey(resourceType, resourceId)),
  );
}
