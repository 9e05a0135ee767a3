import { z } from "zod";
import { isFabricError, isServiceAnswer } from "../../lib/api/fabricError.ts";
import type { FabricError } from "../../lib/api/fabricError.ts";
import { idShape, itemShape } from "../../lib/api/objects.ts";
import type { Workspace } from "../../lib/api/objects.ts";
import { DENIED_BY_NETWORK } from "../../lib/api/privateLink.ts";
import { resumeCapacity } from "../run/pausedCapacity.ts";
import type { Run } from "../run/run.ts";
import { visibleCapacities, visibleWorkspaces } from "../run/visible.ts";

/** What is read of a connection. */
const connectionShape = z.object({ id: idShape });

/**
 * Whether an error may mean that an object is gone. The service answers 404 and, for objects in workspaces that are gone or
 * invisible, 403. Neither status is proof. The same statuses from a proxy mean nothing at all, nor does a refusal of this
 * machine's network, in which lists may lack what is there.
 */
export function mayMeanGone(error: unknown): boolean {
  return isServiceAnswer(error, 404, 403) && !isFabricError(error, DENIED_BY_NETWORK);
}

/** An object of which a workspace has only one is not there: the service answers that, and not 404. */
export class MissingError extends Error {
  override readonly name = "MissingError";
}

/**
 * Whether a workspace is gone: the complete list of workspaces lacks it.
 * @throws Error if the list is empty. A wrong endpoint, tenant or identity looks the same, and a stack would then forget
 *   everything. FABRIC_CONFIRM_GONE=true confirms that all workspaces are gone.
 */
export async function isWorkspaceGone(run: Run, workspaceId: string): Promise<boolean> {
  const deleted = run.released<{ adopted: unknown }>("Workspace", workspaceId);
  if (deleted && deleted.adopted === undefined) return true;
  const visible = (await visibleWorkspaces(run)).filter((workspace) => workspace.type !== "Personal");
  if (visible.length === 0) assertConfirmed(run, "no workspace at all", `workspace ${workspaceId}`);
  return !visible.some((workspace) => workspace.id.toLowerCase() === workspaceId.toLowerCase());
}

/**
 * Reads what goes with its workspace.
 * @returns "gone" if the service does not find it, or forbids it, and the workspace is gone
 * @throws the read's own error otherwise, or Error as {@link isWorkspaceGone} does
 */
export async function unlessGoneWith<T>(run: Run, workspaceId: string, read: () => Promise<T>): Promise<T | "gone"> {
  try {
    return await read();
  } catch (error) {
    if (mayMeanGone(error) && (await isWorkspaceGone(run, workspaceId))) return "gone";
    throw error;
  }
}

/**
 * Whether an item is gone with its content: its workspace exists, has a running capacity, and does not list the item.
 * @throws the list's own error, or Error if the workspace's capacity is paused, because then the list is no proof
 */
export async function isItemGone(run: Run, workspaceId: string, itemId: string): Promise<boolean> {
  const items = await run.listOnce(`/workspaces/${workspaceId}/items`, "list items", itemShape);
  if (items.some(({ id }) => id.toLowerCase() === itemId.toLowerCase())) return false;
  await assertCapacityRuns(run, workspaceId);
  return true;
}

/**
 * Whether a connection is gone with the roles in it: the list of connections lacks it, and shows another one.
 * @throws the list's own error, or Error if the list is empty, as in {@link isWorkspaceGone}
 */
export async function isConnectionGone(run: Run, connectionId: string): Promise<boolean> {
  const listed = await run.listOnce("/connections", "list connections", connectionShape);
  if (listed.length === 0) assertConfirmed(run, "no connection at all", `connection ${connectionId}`);
  return !listed.some(({ id }) => id.toLowerCase() === connectionId.toLowerCase());
}

/** How an object is read. */
export interface Reads<T> {
  /** The complete list that should contain the object: one call for all objects of a workspace, or of the tenant. */
  readonly listed: () => Promise<readonly T[]>;
  /** Whether an entry of the list is the object. */
  readonly isIt: (entry: T) => boolean;
  /** Reads the object by itself. */
  readonly alone: () => Promise<T>;
  /** The item that holds the object; undefined if none does. */
  readonly itemId?: string | undefined;
  /** The connection that holds the object; undefined if none does. */
  readonly connectionId?: string | undefined;
  /** Whether a delete of this stack has removed the object, or may have. @default no */
  readonly mayBeDeleted?: () => Promise<boolean>;
}

/**
 * Reads an object. Its list comes first, even for a single object: a workspace holds at most 1,000 items and as many roles, so
 * the list is one call, like the read of one object. If the list lacks the object or cannot be read, the object is read by
 * itself. Only both together prove that the object is gone, under these conditions:
 * - In a workspace: the workspace's capacity must run, because a paused one may hide objects; one that cannot be seen counts as
 *   running if a delete explains that the object is not there. If the workspace is gone, its objects are gone as well.
 * - In the tenant: the list must show another object, because it is also empty for a wrong tenant or identity.
 * - In a connection: the role is gone with the connection, and the list of connections proves that.
 * - In an item: the list is gone with the item, and the list of items proves that.
 * @param workspaceId undefined for objects of the tenant
 * @throws the read's own error if there is no proof
 */
export async function readOrGone<T>(run: Run, workspaceId: string | undefined, reads: Reads<T>): Promise<T | "gone"> {
  const { connectionId } = reads;
  const isWithItsHolder = async () =>
    workspaceId !== undefined
      ? isWorkspaceGone(run, workspaceId)
      : connectionId !== undefined && (await isConnectionGone(run, connectionId));
  let list: readonly T[] | undefined;
  try {
    list = await reads.listed();
    const found = list.find(reads.isIt);
    if (found !== undefined) return found;
  } catch (error) {
    if (!mayMeanGone(error)) throw error;
    if (await isWithItsHolder()) return "gone";
  }
  try {
    return await reads.alone();
  } catch (error) {
    if (!mayMeanGone(error)) throw error;
    if (await isWithItsHolder()) return "gone";
    if (workspaceId !== undefined) {
      const isExpected = isServiceAnswer(error, 404) && (await reads.mayBeDeleted?.()) === true;
      await assertCapacityRuns(run, workspaceId, { isExpected });
    }
    if (!list) {
      const { itemId } = reads;
      if (workspaceId === undefined || itemId === undefined || !(await isItemGone(run, workspaceId, itemId)))
        throw error;
    }
    if (workspaceId === undefined && list?.length === 0) assertConfirmed(run, "no object of this kind", "one");
    return "gone";
  }
}

/** What tells whether an object is there that a delete did not find. */
export interface AfterDelete {
  /** Reads the object by itself. */
  readonly read: () => Promise<unknown>;
  /**
   * Whether an earlier attempt, of this run or another, has deleted the object, or may have, so that not finding it is what was to be
   * expected. An attempt at a read says nothing about that.
   * @param error the one by which the object was not found
   */
  readonly mayBeDone: (error: FabricError) => boolean | Promise<boolean>;
}

/**
 * Runs a delete; not finding the object is success, unless something speaks against that: the object itself can still be read, so
 * "not found" was about another id or a passing state, or its workspace's capacity is paused and hides it. A capacity that cannot be
 * seen speaks against it as well, unless an earlier delete explains that the object is not there.
 * @param workspaceId undefined for objects of the tenant
 * @param look how to find out more. @default not finding the object is proof
 * @throws the delete's own error otherwise, or that of the read
 */
export async function deleteOrGone(
  run: Run,
  workspaceId: string | undefined,
  remove: () => Promise<unknown>,
  look?: AfterDelete,
): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (isServiceAnswer(error, 404)) {
      if (look === undefined) return;
      const found = await lookAlone(look.read);
      if (found === "readable") throw error;
      if (workspaceId === undefined) return;
      const isExpected = found === "missing" && (await look.mayBeDone(error));
      await assertCapacityRuns(run, workspaceId, { isExpected });
      return;
    }
    if (workspaceId !== undefined && mayMeanGone(error) && (await isWorkspaceGone(run, workspaceId))) return;
    throw error;
  }
}

/** @throws the read's error, unless that may mean that the object is gone: a read that failed proves nothing */
async function lookAlone(read: () => Promise<unknown>): Promise<"readable" | "missing" | "forbidden"> {
  try {
    await read();
    return "readable";
  } catch (error) {
    if (error instanceof MissingError || isServiceAnswer(error, 404)) return "missing";
    if (mayMeanGone(error)) return "forbidden";
    throw error;
  }
}

/** @throws Error unless FABRIC_CONFIRM_GONE confirms an empty list */
function assertConfirmed(run: Run, shown: string, known: string): void {
  if (run.confirmGone) return;
  throw new Error(
    `The service shows ${shown}, while this stack knows ${known}. This looks like another endpoint, tenant or identity, so ` +
      `nothing was taken for deleted. Check the sign-in; if everything really is gone, run again with FABRIC_CONFIRM_GONE=true.`,
  );
}

/**
 * @param isExpected whether an object is missing for a reason that is known: then only a pause that can be seen speaks against it.
 *   @default false
 * @throws Error if the workspace's capacity is paused: a paused capacity hides objects, and refuses work; or if it may be paused,
 *   because this identity does not see it, and the workspace shows no item
 */
async function assertCapacityRuns(run: Run, workspaceId: string, { isExpected = false } = {}): Promise<void> {
  const workspace = (await visibleWorkspaces(run)).find(({ id }) => id.toLowerCase() === workspaceId.toLowerCase());
  if (!workspace?.capacityId) return;
  const { capacityId } = workspace;
  const capacity = (await visibleCapacities(run)).find(({ id }) => id.toLowerCase() === capacityId.toLowerCase());
  if (!capacity) return isExpected ? undefined : assertShowsItems(run, workspace, capacityId);
  if (capacity.state !== "Inactive") return;
  throw new Error(
    `Workspace '${workspace.displayName}' is on capacity '${capacity.displayName}', which is paused. Objects on it cannot ` +
      `be seen, so none is taken for deleted. ${resumeCapacity(capacity)}`,
  );
}

/** @throws Error if the workspace shows no item, unless FABRIC_CONFIRM_GONE confirms that: an item proves that its capacity runs */
async function assertShowsItems(run: Run, { id, displayName }: Workspace, capacityId: string): Promise<void> {
  const items = await run.listOnce(`/workspaces/${id}/items`, "list items", itemShape);
  if (items.length > 0 || run.confirmGone) return;
  throw new Error(
    `Workspace '${displayName}' shows no item, and whether its capacity hides them cannot be told, because capacity ` +
      `${capacityId} is not visible to this identity: it may be paused. So nothing was taken for deleted. Give the deploying ` +
      `identity the contributor permission on the capacity, or, if the capacity runs and the items really are gone, run again ` +
      `with FABRIC_CONFIRM_GONE=true.`,
  );
}
