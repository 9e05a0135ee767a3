import { isFabricError } from "../../../lib/api/fabricError.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { capacityShape } from "../../../lib/api/objects.ts";
import type { Capacity, FabricItem } from "../../../lib/api/objects.ts";
import { butForSpaces, spacedName } from "../../engine/edgeSpace.ts";
import { mayBePause, capacityIfPaused, namedIn } from "../../engine/pauseBehind.ts";
import type { Run } from "../../run/run.ts";
import { resumeCapacity } from "../../run/pausedCapacity.ts";
import { visibleCapacities } from "../../run/visible.ts";
import { itemsNow } from "../item/items.ts";

/** The capacities with that id, or else with that display name, which is not unique. */
function meantBy(capacities: readonly Capacity[], nameOrId: string): readonly Capacity[] {
  const ofId = capacities.filter(({ id }) => sameIgnoringCase(id, nameOrId));
  return ofId.length > 0 ? ofId : capacities.filter(({ displayName }) => sameIgnoringCase(displayName, nameOrId));
}

/**
 * Reason why the capacity cannot be used: it is paused, it is not visible (the reason lists the visible ones), or several have
 * the name (the reason lists their ids). Else undefined.
 */
export function capacityProblem(capacities: readonly Capacity[], nameOrId: string): string | undefined {
  const [found, ...others] = meantBy(capacities, nameOrId);
  const spaced = butForSpaces(capacities, ({ displayName }) => sameIgnoringCase(displayName, nameOrId.trim()));
  if (!found && spaced) return `${spacedName(`capacity '${nameOrId}',`, spaced.id)}: rename it, or give its id.`;
  if (!found) return `There is no capacity '${nameOrId}' that this identity can use. Visible: ${listOf(capacities)}.`;
  if (others.length > 0) {
    const ids = [found, ...others].map(({ id, sku, region }) => `${id} (${[sku, region].filter(Boolean).join(", ")})`);
    return `${ids.length} capacities are called '${nameOrId}': ${ids.join(", ")}. Name the one that is meant by its id.`;
  }
  return found.state === "Inactive" ? pausedCapacity(found) : undefined;
}

/**
 * Id of the capacity with that name or id; undefined if none is given.
 * @throws Error with the reason of {@link capacityProblem}
 */
export async function capacityIdOf(run: Run, nameOrId: string | undefined): Promise<string | undefined> {
  if (nameOrId === undefined) return undefined;
  let capacities = await visibleCapacities(run);
  if (meantBy(capacities, nameOrId).length === 0) {
    // the stack itself may have made the capacity since this run first read the list
    capacities = await run.list("/capacities", "list capacities", capacityShape);
  }
  const problem = capacityProblem(capacities, nameOrId);
  if (problem !== undefined) throw new Error(problem);
  return meantBy(capacities, nameOrId)[0]?.id;
}

/**
 * Name of a capacity in a configuration: its display name, or its id if several have that name, no configuration keeps it (it
 * begins or ends with a space), or this identity cannot see the capacity.
 */
export async function nameOfCapacity(run: Run, capacityId: string | undefined): Promise<string | undefined> {
  if (!capacityId) return undefined;
  const capacities = await visibleCapacities(run);
  const displayName = capacities.find(({ id }) => sameIgnoringCase(id, capacityId))?.displayName;
  const isKept = displayName !== undefined && displayName === displayName.trim();
  return isKept && meantBy(capacities, displayName).length === 1 ? displayName : capacityId;
}

/** Types of items that need no Fabric capacity, and that a move to another region takes along. */
const POWER_BI = new Set(["Dashboard", "PaginatedReport", "Report", "SemanticModel"]);

/** A workspace that is to change its capacity. */
interface Moving {
  readonly id: string;
  readonly displayName: string;
  readonly capacityId?: string | undefined;
}

/**
 * The items of a workspace because of which the service refuses a change of capacity: Fabric items cannot be without a
 * capacity, and cannot move to another region.
 * @param to null to be without a capacity
 */
async function itemsInTheWay(run: Run, { id, capacityId }: Moving, to: string | null): Promise<FabricItem[]> {
  if (capacityId === undefined) return [];
  const [here, there] = await regionsOf(run, capacityId, to);
  const isAbroad = here !== undefined && there !== undefined && !sameIgnoringCase(here, there);
  if (to !== null && !isAbroad) return [];
  return (await itemsNow(run, id)).filter(({ type }) => !POWER_BI.has(type) && type !== "SQLEndpoint");
}

async function regionsOf(run: Run, from: string, to: string | null): Promise<readonly (string | undefined)[]> {
  const capacities = await visibleCapacities(run);
  return [from, to].map((id) => capacities.find((capacity) => sameIgnoringCase(capacity.id, id ?? undefined))?.region);
}

/**
 * Refuses a change of capacity that the service refuses because of {@link itemsInTheWay}, before any value of the workspace is
 * changed.
 */
export async function assertMovable(run: Run, workspace: Moving, to: string | null): Promise<void> {
  const inside = await itemsInTheWay(run, workspace, to);
  if (inside.length === 0) return;
  const shown = inside.slice(0, 5).map(({ type, displayName }) => `${type} '${displayName}'`);
  const items = [...shown, ...(inside.length > shown.length ? [`${inside.length - shown.length} more`] : [])].join(
    ", ",
  );
  const [here = "", there = ""] = await regionsOf(run, workspace.capacityId ?? "", to);
  const why =
    to === null
      ? "they need a capacity. Remove them in a deployment first, and the capacity in the next one"
      : `${here} and ${there} are different regions, which the service moves no Fabric item between. Choose a capacity in ` +
        `${here}, or deploy the items to a new workspace there`;
  throw new Error(
    `Workspace '${workspace.displayName}' stays on its capacity, and nothing of it was changed. In it are ${items}, and ${why}.`,
  );
}

/**
 * Whether a rollback must wait with a change of capacity: the transaction has made items that are in the way, and the rollback
 * removes them after the engine's restore. The values of workspaces are given back after that.
 */
export async function mustWait(run: Run, workspace: Moving, to: string | null): Promise<boolean> {
  for (const { id } of await itemsInTheWay(run, workspace, to))
    if (await run.wasMadeByTransaction("Item", `${workspace.id}/${id}`)) return true;
  return false;
}

/**
 * Does work that needs a running capacity.
 * @throws FabricError that names the capacity and how to resume it, if the service refuses the work and the capacity is paused,
 *   also if it was paused after this run read it
 */
export async function onCapacity<T>(run: Run, capacityId: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (capacityId === undefined || !mayBePause(error)) throw error;
    const isSaid = isFabricError(error, "CapacityNotInActiveState");
    const paused = await run.finishing(() => capacityIfPaused(run, capacityId)).catch(() => undefined);
    const displayName = isSaid ? await nameOfCapacity(run, capacityId) : undefined;
    const capacity = paused ?? (displayName === undefined ? undefined : { displayName });
    throw capacity === undefined ? error : namedIn(error, capacity);
  }
}

const pausedCapacity = (capacity: Capacity) =>
  `Capacity '${capacity.displayName}' is paused. ${resumeCapacity(capacity)}`;

const listOf = (capacities: readonly Capacity[]) =>
  capacities.map(({ displayName, sku, state }) => `'${displayName}' (${sku}, ${state})`).join(", ") || "none";
