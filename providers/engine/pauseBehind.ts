import { FabricError, NOT_THE_SERVICE, isServiceAnswer } from "../../lib/api/fabricError.ts";
import { capacityShape, workspaceShape } from "../../lib/api/objects.ts";
import type { Capacity } from "../../lib/api/objects.ts";
import { resumeCapacity } from "../run/pausedCapacity.ts";
import type { PausedCapacity } from "../run/pausedCapacity.ts";
import type { Run } from "../run/run.ts";
import { namingRole } from "./roleBehind.ts";

/*
 * A paused capacity refuses calls in many ways: `CapacityNotInActiveState`, but also 500, 403 or 404 without a word about the
 * capacity, or an operation that fails or never ends. So whatever is refused for good in a workspace, the error says if a pause
 * may be behind it. A workspace that is said to have no capacity is looked at as well: it may have one by now.
 */

/** What is known of the capacity of a workspace. */
interface Found {
  /** With its id for a name if this identity cannot see it; undefined if the workspace has none. */
  readonly capacity: PausedCapacity | undefined;
  readonly isPaused: boolean;
}

/**
 * Does work in a workspace.
 * @param workspaceId undefined if the work is not bound to a workspace
 * @throws the work's own error; it names the workspace's capacity and how to resume it, if the service refused the work and the
 *   capacity is paused, else the role of the deploying identity, if a missing role was the reason
 */
export async function namingPause<T>(run: Run, workspaceId: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (workspaceId === undefined || !mayBePause(error)) throw error;
    const { capacity, isPaused = false } = (await capacityOf(run, workspaceId)) ?? {};
    if (capacity !== undefined && isPaused) throw namedIn(error, capacity);
    if (capacity !== undefined && error.errorCode === "WorkspaceHasNoCapacityAssigned")
      throw error.withRemedy(assignedBy(capacity.displayName));
    throw await namingRole(run, workspaceId, error);
  }
}

const assignedBy = (capacity: string) =>
  `The workspace is on capacity '${capacity}' by now: the service had not finished assigning it. Run again.`;

/**
 * Whether a pause can be behind a failure for good: the service itself refused the call, an operation failed or did not end, or a
 * gateway answered for the service.
 */
export function mayBePause(error: unknown): error is FabricError {
  if (!(error instanceof FabricError)) return false;
  const { status, errorCode, operationId } = error;
  if (status === undefined)
    return operationId !== undefined && (error.isOutcomeKnown || errorCode === "OperationTimedOut");
  if (isServiceAnswer(error, status) && /capacity/i.test(errorCode)) return true;
  if (status >= 500) return errorCode !== NOT_THE_SERVICE;
  return isServiceAnswer(error, status) && ![401, 409, 429].includes(status);
}

/** The error with the advice what to do about a paused capacity. */
export function namedIn(error: FabricError, capacity: PausedCapacity): FabricError {
  const advice = `Capacity '${capacity.displayName}' is paused. ${resumeCapacity(capacity)}`;
  const isOnlyReason = error.errorCode === "CapacityNotInActiveState" || error.remedy?.includes(advice);
  return error.withRemedy([isOnlyReason ? undefined : error.remedy, advice].filter(Boolean).join(" "));
}

/** Looks once for all objects of a workspace, because many of them fail for one reason. */
const capacityOf = (run: Run, workspaceId: string): Promise<Found | undefined> =>
  run
    .lately(`capacity behind ${workspaceId}`, () => run.finishing(() => lookFor(run, workspaceId)))
    .catch(() => undefined);

/** Looks anew, because the lists of the run may be older than the pause. */
async function lookFor(run: Run, workspaceId: string): Promise<Found> {
  const { capacityId } = await run.get(`/workspaces/${workspaceId}`, "read the workspace", workspaceShape);
  if (!capacityId) return { capacity: undefined, isPaused: false };
  const capacity = await seenCapacity(run, capacityId);
  return { capacity: capacity ?? { displayName: capacityId }, isPaused: capacity?.state === "Inactive" };
}

/** A capacity that is paused now; undefined for one that is not, or that this identity cannot see. */
export async function capacityIfPaused(run: Run, capacityId: string): Promise<Capacity | undefined> {
  const capacity = await seenCapacity(run, capacityId);
  return capacity?.state === "Inactive" ? capacity : undefined;
}

async function seenCapacity(run: Run, capacityId: string): Promise<Capacity | undefined> {
  const capacities = await run.list("/capacities", "list capacities", capacityShape);
  return capacities.find(({ id }) => id.toLowerCase() === capacityId.toLowerCase());
}
