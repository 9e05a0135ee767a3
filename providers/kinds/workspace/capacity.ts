import { isFabricError } from "../../../lib/api/fabricError.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { capacityShape } from "../../../lib/api/objects.ts";
import type { Capacity } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";
import { resumeCapacity } from "../../run/pausedCapacity.ts";
import { visibleCapacities } from "../../run/visible.ts";

const isMeant =
  (nameOrId: string) =>
  ({ id, displayName }: Capacity): boolean =>
    sameIgnoringCase(id, nameOrId) || sameIgnoringCase(displayName, nameOrId);

/** Reason why the capacity cannot be used: it is paused, or not visible (the reason lists the visible ones). Else undefined. */
export function capacityProblem(capacities: readonly Capacity[], nameOrId: string): string | undefined {
  const found = capacities.find(isMeant(nameOrId));
  if (!found) return `There is no capacity '${nameOrId}' that this identity can use. Visible: ${listOf(capacities)}.`;
  return found.state === "Inactive" ? pausedCapacity(found.displayName) : undefined;
}

/**
 * Id of the capacity with that name or id; undefined if none is given.
 * @throws Error with the reason of {@link capacityProblem}
 */
export async function capacityIdOf(run: Run, nameOrId: string | undefined): Promise<string | undefined> {
  if (nameOrId === undefined) return undefined;
  let capacities = await visibleCapacities(run);
  if (!capacities.some(isMeant(nameOrId))) {
    // the stack itself may have made the capacity since this run first read the list
    capacities = await run.list("/capacities", "list capacities", capacityShape);
  }
  const problem = capacityProblem(capacities, nameOrId);
  if (problem !== undefined) throw new Error(problem);
  return capacities.find(isMeant(nameOrId))?.id;
}

/** Name of a capacity for people: its display name, or its id if this identity cannot see the capacity. */
export async function nameOfCapacity(run: Run, capacityId: string | undefined): Promise<string | undefined> {
  if (!capacityId) return undefined;
  return (await visibleCapacities(run)).find(({ id }) => sameIgnoringCase(id, capacityId))?.displayName ?? capacityId;
}

/**
 * Does work that needs a running capacity.
 * @throws FabricError that names the capacity and how to resume it, if the capacity was paused after this run read it
 */
export async function onCapacity<T>(run: Run, capacityId: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFabricError(error, "CapacityNotInActiveState")) throw error;
    throw error.withRemedy(pausedCapacity((await nameOfCapacity(run, capacityId)) ?? "?"));
  }
}

const pausedCapacity = (capacity: string) => `Capacity '${capacity}' is paused. ${resumeCapacity(capacity)}`;

const listOf = (capacities: readonly Capacity[]) =>
  capacities.map(({ displayName, sku, state }) => `'${displayName}' (${sku}, ${state})`).join(", ") || "none";
