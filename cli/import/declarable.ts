import type { FabricItem } from "../../lib/api/objects.ts";
import { hasControlCharacter, hasEdgeSpace } from "../../lib/config/items/displayNameFault.ts";
import { principalTypes } from "../../lib/config/principal.ts";
import { roles } from "../../lib/config/schema/workspaceSchema.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import type { ExistingFolder, ExistingUser } from "./existingWorkspace.ts";

/* What of a workspace a configuration can hold. What it cannot hold is told in notes, each with its reason. */

/** Objects that are declared, and notes on those that are not. */
export interface Declarable<T> {
  readonly declared: T;
  readonly notes: readonly string[];
}

const isOneOf = (words: readonly string[], word: string) => words.includes(word);

/** All users except the deploying identity, which is Admin of every workspace that it makes and need not be declared. */
export function declaredUsers(
  users: readonly ExistingUser[],
  callerId: string | undefined,
): Declarable<readonly ExistingUser[]> {
  const judged = users.map((user) => ({ user, note: noteOnUser(user, callerId) }));
  return {
    declared: judged.flatMap(({ user, note }) => (note === undefined ? [user] : [])),
    notes: judged.flatMap(({ note }) => note ?? []),
  };
}

/** Why a user is not declared; undefined if the user is. */
function noteOnUser({ principalId, type, role }: ExistingUser, callerId: string | undefined): string | undefined {
  if (callerId !== undefined && sameIgnoringCase(principalId, callerId))
    return `role ${role} of ${principalId}: that is the deploying identity, which keeps it without being declared`;
  if (isOneOf(principalTypes, type) && isOneOf(roles, role)) return undefined;
  return `role ${role} of ${principalId}: a configuration cannot give it to a ${type}`;
}

/** What of a name no configuration keeps; completes "its name …". Undefined if it is kept. */
export function nameFault(name: string): string | undefined {
  if (hasEdgeSpace(name)) return "begins or ends with a space";
  return hasControlCharacter(name) ? "has a control character" : undefined;
}

/** Longest description of an item that a configuration holds; items that were made in other ways may have longer ones. */
const LONGEST_DESCRIPTION = 256;

/** Items that a configuration can hold, with their descriptions and the names of the folders above them. */
export function declaredItems(
  items: readonly FabricItem[],
  folders: readonly ExistingFolder[],
): Declarable<readonly FabricItem[]> {
  const judged = items.map((item) => ({ item, fault: faultOf(item, folders) }));
  return {
    declared: judged.flatMap(({ item, fault }) => (fault === undefined ? [item] : [])),
    notes: judged.flatMap(({ item: { type, displayName }, fault }) =>
      fault === undefined ? [] : [`${type} '${displayName}': ${fault} to declare the item`],
    ),
  };
}

/** Why no configuration can hold an item, and what would help; undefined if one can. */
function faultOf(
  { displayName, description = "", folderId }: FabricItem,
  folders: readonly ExistingFolder[],
): string | undefined {
  const own = nameFault(displayName);
  if (own !== undefined) return `its name ${own}. Rename that in Fabric`;
  const ofFolder = foldersAbove(folderId, folders)
    .map((folder) => nameFault(folder.displayName))
    .find((fault) => fault !== undefined);
  if (ofFolder !== undefined) return `a folder above it ${ofFolder}. Rename that in Fabric`;
  return description.length > LONGEST_DESCRIPTION
    ? `its description has more than ${LONGEST_DESCRIPTION} characters. Shorten it in Fabric`
    : undefined;
}

/** A folder, and those above it, from the inside to the outside. */
function foldersAbove(folderId: string | undefined, folders: readonly ExistingFolder[]): readonly ExistingFolder[] {
  const folder = folderId === undefined ? undefined : folders.find(({ id }) => id === folderId);
  return folder ? [folder, ...foldersAbove(folder.parentFolderId, folders)] : [];
}

/** A folder with its path. */
export interface PlacedFolder {
  readonly folder: ExistingFolder;
  /** `/ingest/raw`. */
  readonly path: string;
}

/** Folders with declared items in or below them, by id. Other folders cannot be declared, because only items declare folders. */
export function declaredFolders(
  folders: readonly ExistingFolder[],
  items: readonly FabricItem[],
): Declarable<ReadonlyMap<string, PlacedFolder>> {
  const used = new Set(items.flatMap(({ folderId }) => foldersAbove(folderId, folders).map(({ id }) => id)));
  const pathOf = ({ id }: ExistingFolder) =>
    foldersAbove(id, folders)
      .map(({ displayName }) => `/${displayName}`)
      .reverse()
      .join("");
  const others = folders.filter(({ id }) => !used.has(id)).map(pathOf);
  const declared = folders.filter(({ id }) => used.has(id));
  return {
    declared: new Map(declared.map((folder) => [folder.id, { folder, path: pathOf(folder) }])),
    notes: others.length > 0 ? [`folder ${others.join(", ")}: none of the declared items lies there`] : [],
  };
}
