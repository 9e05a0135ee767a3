import { keyOfResource, liveResourcesOf } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { isSameId, objectKey } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { areSameNames, unsettledCreates } from "./unsettled.ts";
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
 * What earlier runs of a transaction made, and neither the state nor the present run holds. What the present run has made under the
 * same names does not exist twice: the former object is gone, and what was in it. Pure.
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
  const made = unsettledCreates([log]).filter(({ step, resourceId }) => own.has(step) && resourceId !== undefined);
  const isTaken = (left: UnsettledCreate) =>
    made.some((one) => one.resourceType === left.resourceType && isSameObject(one, left));
  const earlier = orphansOf([log], before).filter(({ step }) => !own.has(step));
  const left = earlier.filter((one) => !isTaken(one));
  const gone = new Set(earlier.flatMap((one) => (isTaken(one) ? (one.resourceId?.toLowerCase() ?? []) : [])));
  return left.filter(({ names }) => ![names["workspaceId"], names["connectionId"]].some((id) => gone.has(lower(id))));
}

const isSameObject = (one: UnsettledCreate, other: UnsettledCreate) =>
  isSameId(one.resourceId, other.resourceId) || (isNamed(one) && areSameNames(one.names, other.names));

/** Whether the names of a create tell more than what holds the object: those of an adoption do not. */
const isNamed = ({ names }: UnsettledCreate) =>
  Object.keys(names).some((name) => !["workspaceId", "itemId", "connectionId"].includes(name));

const lower = (id: unknown) => String(id).toLowerCase();
