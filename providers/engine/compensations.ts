import { z } from "zod";
import { nothing } from "../../lib/api/answer.ts";
import { isFabricError } from "../../lib/api/fabricError.ts";
import { sameIgnoringCase } from "./field.ts";
import { deleteOrGone, isWorkspaceGone } from "../kinds/workspace/gone.ts";
import { folderShape } from "../kinds/item/folder.ts";
import { giveBackItem } from "../kinds/item/item.ts";
import type { ItemBefore } from "../kinds/item/item.ts";
import { itemShape, workspaceShape } from "../../lib/api/objects.ts";
import type { Run } from "../run/run.ts";
import { isUntouched } from "../kinds/workspace/untouched.ts";
import { giveBackWorkspace } from "../kinds/workspace/workspace.ts";
import type { WorkspaceBefore } from "../kinds/workspace/workspace.ts";
import { giveBackRole, roleShape } from "../kinds/workspace/workspaceUser.ts";

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
const compensations = {
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
} satisfies Readonly<Record<string, Compensation>>;

type CompensationName = keyof typeof compensations;

// ids become parts of paths: one that is empty or holds a slash would mean another object
const idText = z.string().regex(/^[\w-]+$/);
const nameText = z.string().min(1);
const values = z.record(z.string(), z.unknown());

/** Of which kind of object each is, and which arguments it cannot do without. */
const needs: Readonly<Record<CompensationName, { readonly resourceType: string; readonly args: z.ZodType }>> = {
  deleteWorkspace: { resourceType: "Workspace", args: z.looseObject({ displayName: nameText }) },
  deleteItem: {
    resourceType: "Item",
    args: z.looseObject({ workspaceId: idText, type: nameText, displayName: nameText }),
  },
  deleteFolder: {
    resourceType: "Folder",
    args: z.looseObject({ workspaceId: idText, displayName: nameText, parentFolderId: idText.optional() }),
  },
  removeWorkspaceUser: {
    resourceType: "WorkspaceUser",
    args: z.looseObject({ workspaceId: idText, principalId: idText }),
  },
  disconnectGit: { resourceType: "GitConnection", args: z.looseObject({ workspaceId: idText }) },
  giveBackWorkspace: { resourceType: "Workspace", args: z.looseObject({ before: values }) },
  giveBackItem: { resourceType: "Item", args: z.looseObject({ workspaceId: idText, before: values }) },
  giveBackWorkspaceUser: {
    resourceType: "WorkspaceUser",
    args: z.looseObject({ workspaceId: idText, before: z.looseObject({ role: nameText }) }),
  },
};

/** Names of compensations of updates and deletes: what they changed is undone by the engine, from the saved checkpoint. */
const undoneByTheEngine: ReadonlySet<string> = new Set([
  "restoreWorkspace",
  "restoreItem",
  "restoreFolder",
  "restoreRole",
  "restoreDefinition",
  "restoreGitCredentials",
  "connectGit",
]);

/** The kinds of object whose changes this version knows how to undo. */
const knownTypes: ReadonlySet<string> = new Set(Object.values(needs).map(({ resourceType }) => resourceType));

/** A step of a log that this version cannot undo, because it does not know what that means. Nothing was called. */
export class UnknownCompensation extends Error {
  override readonly name = "UnknownCompensation";
}

/** What a log says of a create that is to be undone. */
export interface ToUndo {
  readonly resourceType: string;
  /** Name of its compensation. */
  readonly compensation: string;
  readonly names: Names;
  /** Id of the object as the stack has it, if it is known. */
  readonly resourceId?: string;
}

/**
 * The compensation of a create or an adoption.
 * @throws UnknownCompensation if this version does not know it, or its arguments name no object
 */
export function compensationOf({ resourceType, compensation, names, resourceId }: ToUndo): Compensation {
  if (!knownTypes.has(resourceType)) throw new UnknownCompensation(`this version knows no kind '${resourceType}'`);
  if (compensation === "") throw new UnknownCompensation("its log names no compensation");
  if (!isKnown(compensation))
    throw new UnknownCompensation(`this version knows no compensation '${compensation}', which its log names`);
  const { resourceType: ofType, args } = needs[compensation];
  if (ofType !== resourceType)
    throw new UnknownCompensation(`its log names '${compensation}', which undoes no ${resourceType} but a ${ofType}`);
  const [issue] = args.safeParse(names).error?.issues ?? [];
  if (issue)
    throw new UnknownCompensation(`its log gives '${compensation}' no valid '${issue.path.join(".") || "arguments"}'`);
  const isNamed = resourceId?.split("/").every((half) => idText.safeParse(half).success) ?? !givesBack(compensation);
  if (!isNamed) throw new UnknownCompensation(`its log gives '${compensation}' no valid id of the object`);
  return (...how) => compensations[compensation](...how);
}

const isKnown = (compensation: string): compensation is CompensationName => Object.hasOwn(compensations, compensation);

/**
 * Why this version does not know whether the engine undoes an update or a delete, if so.
 * @param compensation name that its log gives; null if nothing but the checkpoint can undo it
 */
export function unknownToUndo(resourceType: string, compensation: string | null): string | undefined {
  if (!knownTypes.has(resourceType) && resourceType !== "UnlistedUsers")
    return `this version knows no kind '${resourceType}'`;
  if (compensation !== null && !undoneByTheEngine.has(compensation))
    return `this version knows no compensation '${compensation}', which its log names`;
  return undefined;
}

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
