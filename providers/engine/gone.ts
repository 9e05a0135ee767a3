import { isServiceAnswer } from "../../lib/api/fabricError.ts";
import { resumeCapacity } from "../run/pausedCapacity.ts";
import type { Run } from "../run/run.ts";
import { visibleCapacities, visibleWorkspaces } from "../run/visible.ts";

/**
 * Whether an error may mean that an object is not there. The service answers 404 and, for objects in workspaces that are
 * gone or invisible, 403; neither is proof of anything. What a proxy answers with these statuses means nothing at all.
 */
export function mayMeanGone(error: unknown): boolean {
  return isServiceAnswer(error, 404, 403);
}

/**
 * Whether a workspace is gone: the complete list of workspaces lacks it.
 * @throws Error when the list has no workspace at all. That is what a wrong endpoint, tenant or identity looks like, and
 *   believing it would make a stack forget everything; FABRIC_CONFIRM_GONE=true says that it is so.
 */
export async function isWorkspaceGone(run: Run, workspaceId: string): Promise<boolean> {
  const deleted = run.released<{ adopted: unknown }>("Workspace", workspaceId);
  if (deleted && deleted.adopted === undefined) return true;
  const visible = (await visibleWorkspaces(run)).filter((workspace) => workspace.type !== "Personal");
  if (visible.length === 0 && !run.confirmGone) {
    throw new Error(
      `The service shows no workspace at all, while this stack knows workspace ${workspaceId}. This looks like another ` +
        `endpoint, tenant or identity, so nothing was taken for deleted. Check the sign-in; if everything really is ` +
        `gone, run again with FABRIC_CONFIRM_GONE=true.`,
    );
  }
  return !visible.some((workspace) => workspace.id.toLowerCase() === workspaceId.toLowerCase());
}

/** How an object of a workspace is read. */
export interface Reads<T> {
  /** From the complete list that should contain it: one call for all objects of a workspace. */
  readonly listed: () => Promise<T | undefined>;
  /** By itself. */
  readonly alone: () => Promise<T>;
}

/**
 * Reads an object of a workspace. The list it belongs to is asked first, also for a single object: a workspace holds at
 * most 1,000 items and as many roles, so the list is one call, like the read of one object. Where the list lacks the
 * object, or cannot be read, it is read by itself; only both together prove that it is gone, and only while the workspace's
 * capacity runs (on a paused one, objects may be hidden). Everything in a workspace that is gone is gone as well.
 * @throws the read's own error where there is no proof
 */
export async function readOrGone<T>(run: Run, workspaceId: string, { listed, alone }: Reads<T>): Promise<T | "gone"> {
  let isListRead = true;
  try {
    const found = await listed();
    if (found !== undefined) return found;
  } catch (error) {
    if (!mayMeanGone(error)) throw error;
    if (await isWorkspaceGone(run, workspaceId)) return "gone";
    isListRead = false;
  }
  try {
    return await alone();
  } catch (error) {
    if (!mayMeanGone(error)) throw error;
    if (await isWorkspaceGone(run, workspaceId)) return "gone";
    await assertCapacityRuns(run, workspaceId);
    if (isListRead) return "gone";
    throw error;
  }
}

/**
 * Runs a delete; not finding the object is success, where that is proven.
 * @throws the delete's own error otherwise
 */
export async function deleteOrGone(run: Run, workspaceId: string, remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (isServiceAnswer(error, 404)) return;
    if (mayMeanGone(error) && (await isWorkspaceGone(run, workspaceId))) return;
    throw error;
  }
}

/** @throws Error where the workspace's capacity is paused: it hides objects, and refuses work */
async function assertCapacityRuns(run: Run, workspaceId: string): Promise<void> {
  const workspace = (await visibleWorkspaces(run)).find(({ id }) => id.toLowerCase() === workspaceId.toLowerCase());
  const capacity = workspace?.capacityId
    ? (await visibleCapacities(run)).find(({ id }) => id.toLowerCase() === workspace.capacityId?.toLowerCase())
    : undefined;
  if (!workspace || capacity?.state !== "Inactive") return;
  throw new Error(
    `Workspace '${workspace.displayName}' is on capacity '${capacity.displayName}', which is paused. Objects on it cannot ` +
      `be seen, so none is taken for deleted. ${resumeCapacity(capacity.displayName)}`,
  );
}
