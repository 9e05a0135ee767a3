import type { z } from "zod";
import { nothing } from "../lib/answer.ts";
import { isFabricError } from "../lib/fabricError.ts";
import { sameIgnoringCase } from "./field.ts";
import { deleteOrGone, isWorkspaceGone } from "./gone.ts";
import { folderShape } from "./folder.ts";
import { giveBackItem } from "./item.ts";
import type { ItemBefore } from "./item.ts";
import { itemShape, workspaceShape } from "./run.ts";
import type { Run } from "./run.ts";
import { isUntouched } from "./untouched.ts";
import { giveBackWorkspace } from "./workspace.ts";
import type { WorkspaceBefore } from "./workspace.ts";
import { giveBackRole, roleShape } from "./workspaceUser.ts";

type Names = Readonly<Record<string, unknown>>;

/**
 * Undoes a create or an adoption that the state does not know of, by what the transaction log holds: the names of the
 * object, or the values that it had, and where it is known its id. Not finding the object is success.
 * @returns whether something was removed or given back
 */
export type Compensation = (run: Run, names: Names, resourceId: string | undefined, isKept: IsKept) => Promise<boolean>;

/** Whether an object belongs to the state, and so must stay, by its resource id. */
export type IsKept = (resourceId: string) => boolean;

const text = (names: Names, key: string): string => (typeof names[key] === "string" ? names[key] : "");
const halfOf = (resourceId: string | undefined) => resourceId?.split("/").at(-1);

/** The compensations by the names that the log gives them. Those of updates and deletes are the engine's work. */
export const compensations: Readonly<Record<string, Compensation>> = {
  async deleteWorkspace(run, names, resourceId, isKept) {
    const all = await run.list("/workspaces", "list workspaces", workspaceShape);
    const displayName = text(names, "displayName");
    const found = all.find(({ id, displayName: name }) =>
      resourceId ? sameIgnoringCase(id, resourceId) : sameIgnoringCase(name, displayName),
    );
    if (!found || isKept(found.id)) return false;
    if (!resourceId && !(await isUntouched(run, found.id))) {
      throw new Error(
        `workspace '${displayName}' may have been made by this transaction, whose answer was lost, but other people or ` +
          `items are in it: it was not touched. Look whose it is (${found.id}).`,
      );
    }
    return remove(run, "Workspace", displayName, `/workspaces/${found.id}`, found.id);
  },

  async deleteItem(run, names, resourceId, isKept) {
    const workspaceId = text(names, "workspaceId");
    const displayName = text(names, "displayName");
    const found = (await inWorkspace(run, workspaceId, "items", itemShape)).find(({ id, type, displayName: name }) =>
      resourceId ? id === halfOf(resourceId) : type === names["type"] && sameIgnoringCase(name, displayName),
    );
    return found && !isKept(`${workspaceId}/${found.id}`)
      ? remove(run, "Item", displayName, `/workspaces/${workspaceId}/items/${found.id}`, found.id)
      : false;
  },

  async deleteFolder(run, names, resourceId, isKept) {
    const workspaceId = text(names, "workspaceId");
    const displayName = text(names, "displayName");
    const folders = await inWorkspace(run, workspaceId, "folders", folderShape);
    const found = folders.find(({ id, displayName: name, parentFolderId }) =>
      resourceId
        ? id === halfOf(resourceId)
        : sameIgnoringCase(name, displayName) && parentFolderId === names["parentFolderId"],
    );
    return found && !isKept(`${workspaceId}/${found.id}`)
      ? remove(run, "Folder", displayName, `/workspaces/${workspaceId}/folders/${found.id}`, found.id)
      : false;
  },

  async removeWorkspaceUser(run, names, _resourceId, isKept) {
    const workspaceId = text(names, "workspaceId");
    const principalId = text(names, "principalId");
    const roles = await inWorkspace(run, workspaceId, "roleAssignments", roleShape);
    const isThere = roles.some(({ id }) => sameIgnoringCase(id, principalId));
    const path = `/workspaces/${workspaceId}/roleAssignments/${principalId}`;
    return isThere && !isKept(`${workspaceId}/${principalId}`)
      ? remove(run, "WorkspaceUser", principalId, path, principalId)
      : false;
  },

  async disconnectGit(run, names, _resourceId, isKept) {
    const workspaceId = text(names, "workspaceId");
    if (isKept(`git ${workspaceId}`) || (await isWorkspaceGone(run, workspaceId))) return false;
    const intent = {
      operation: "delete",
      resourceType: "GitConnection",
      resourceName: workspaceId,
      resourceId: workspaceId,
      compensation: null,
    } as const;
    try {
      await run.write(intent, { method: "POST", path: `/workspaces/${workspaceId}/git/disconnect`, replaySafe: true });
      return true;
    } catch (error) {
      if (isFabricError(error, "WorkspaceNotConnectedToGit")) return false;
      throw error;
    }
  },

  giveBackWorkspace: (run, names, id = "", isKept) =>
    giveBack(run, id, id, isKept, () => giveBackWorkspace(run, id, names["before"] as WorkspaceBefore, true)),

  giveBackItem: (run, names, id = "", isKept) =>
    giveBack(run, text(names, "workspaceId"), id, isKept, () => giveBackItem(run, id, names["before"] as ItemBefore)),

  giveBackWorkspaceUser: (run, names, id = "", isKept) => {
    const { role } = names["before"] as { readonly role: string };
    return giveBack(run, text(names, "workspaceId"), id, isKept, () => giveBackRole(run, id, halfOf(id) ?? "", role));
  },
};

/** Whether a compensation gives an adopted object back, instead of removing one that was made. */
export const givesBack = (compensation: string): boolean => compensation.startsWith("giveBack");

/** Gives an adopted object its values back, unless the state has it by now, or it is gone. */
async function giveBack(
  run: Run,
  workspaceId: string,
  id: string,
  isKept: IsKept,
  work: () => Promise<boolean>,
): Promise<boolean> {
  let isGiven = false;
  if (!isKept(id)) await deleteOrGone(run, workspaceId, async () => (isGiven = await work()));
  return isGiven;
}

/** A list of a workspace; nothing, where the workspace is gone. */
async function inWorkspace<T>(run: Run, workspaceId: string, what: string, entry: z.ZodType<T>): Promise<T[]> {
  if (await isWorkspaceGone(run, workspaceId)) return [];
  return run.list(`/workspaces/${workspaceId}/${what}`, `list ${what}`, entry);
}

async function remove(
  run: Run,
  resourceType: string,
  resourceName: string,
  path: string,
  id: string,
): Promise<boolean> {
  const [, , workspaceId = ""] = path.split("/");
  const resourceId = resourceType === "Workspace" ? id : `${workspaceId}/${id}`;
  const intent = { operation: "delete", resourceType, resourceName, resourceId, compensation: null } as const;
  await deleteOrGone(run, workspaceId, () => run.write(intent, { method: "DELETE", path, answer: nothing }));
  return true;
}
