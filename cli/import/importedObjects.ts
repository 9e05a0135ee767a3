import type { FabricItem } from "../../lib/api/objects.ts";
import { withoutUndefined } from "../../providers/engine/resourceKind.ts";
import { furtherDetails } from "../../providers/kinds/git/link.ts";
import { folderKey } from "../../providers/kinds/item/folder.ts";
import type { PlacedFolder } from "./declarable.ts";
import type { ExistingOthers, ExistingUser, ExistingWorkspace } from "./existingWorkspace.ts";
import { gitEntry } from "./gitEntry.ts";

/* The objects of a workspace, as the state must describe them so that a preview shows no change. Everything here is pure. */

/** An object, as the state of its resource must describe it. */
export interface ImportedObject {
  /** Name of its kind: `Workspace`. */
  readonly kind: string;
  /** Name of the resource in the program. */
  readonly name: string;
  readonly id: string;
  /** Inputs that the service shows. The other inputs have their values from the configuration. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The kind's own outputs. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What of a workspace is declared, and how. */
export interface DeclaredParts {
  /** Key of the workspace in the configuration. */
  readonly key: string;
  /** Object id of the deploying identity; absent if unknown. */
  readonly callerId: string | undefined;
  readonly users: readonly ExistingUser[];
  /** By id. */
  readonly folders: ReadonlyMap<string, PlacedFolder>;
  readonly items: readonly FabricItem[];
  /** Key of an item in the configuration. */
  readonly keyOf: (item: FabricItem) => string;
  /** Name of the connection that Git uses; absent if Git uses it by its id. */
  readonly connection: string | undefined;
}

/** The objects of a workspace that are declared. */
export function importedObjects(existing: ExistingWorkspace, parts: DeclaredParts): readonly ImportedObject[] {
  const workspaceId = existing.workspace.id;
  const { key, callerId, users, folders, items, keyOf } = parts;
  return [
    workspaceObject(existing, key),
    ...users.map((user) => userObject(user, workspaceId, key, callerId)),
    ...gitObjects(existing, parts),
    ...[...folders.values()].map((folder) => folderObject(folder, workspaceId, key)),
    ...items.map((item) => itemObject(item, workspaceId, `${key}/${keyOf(item)}`)),
    ...existing.others.flatMap((others) => otherObjects(others, key)),
  ];
}

function workspaceObject({ workspace }: ExistingWorkspace, name: string): ImportedObject {
  const { id, displayName, description = "" } = workspace;
  const capacityId = workspace.capacityId ?? undefined;
  return { kind: "Workspace", name, id, inputs: { displayName, description }, outputs: { capacityId } };
}

function userObject(
  { userPrincipalName, principalId, role }: ExistingUser,
  workspaceId: string,
  key: string,
  callerId: string | undefined,
): ImportedObject {
  return {
    kind: "WorkspaceUser",
    name: `${key}/${(userPrincipalName ?? principalId).toLowerCase()}`,
    id: `${workspaceId}/${principalId}`,
    inputs: { workspaceId, role },
    // if the token does not identify its owner, any Admin may be the deploying identity, and that role must survive a destroy
    outputs: { principalId, ...(callerId === undefined && role === "Admin" && { adoptedRole: role }) },
  };
}

/** The Git connection, if there is one. */
function gitObjects(
  { workspace: { id }, git }: ExistingWorkspace,
  { key, connection }: DeclaredParts,
): ImportedObject[] {
  if (!git) return [];
  return [
    {
      kind: "GitConnection",
      name: key,
      id,
      // a preview does not know the id of a connection that is imported with it
      inputs: { workspaceId: id, ...(connection !== undefined && { connectionId: git.connectionId }) },
      outputs: withoutUndefined({
        head: git.head ?? "",
        furtherDetails: furtherDetails(git.details, gitEntry(git)),
      }),
    },
  ];
}

function folderObject({ folder, path }: PlacedFolder, workspaceId: string, key: string): ImportedObject {
  const { id, displayName, parentFolderId } = folder;
  const inputs = { workspaceId, displayName, parentFolderId };
  return { kind: "Folder", name: `${key}/${folderKey(path)}`, id: `${workspaceId}/${id}`, inputs, outputs: {} };
}

function itemObject(
  { id, displayName, description = "", folderId }: FabricItem,
  workspaceId: string,
  name: string,
): ImportedObject {
  const inputs = { workspaceId, displayName, description, folderId };
  return { kind: "Item", name, id: `${workspaceId}/${id}`, inputs, outputs: {} };
}

/** The objects of another kind, which are named in the workspace, or of which it has one. */
const otherObjects = ({ kind, objects }: ExistingOthers, key: string): ImportedObject[] =>
  objects.map(({ id, inputs, outputs = {} }) => {
    const own = ownName(inputs);
    return { kind: kind.name, name: own === undefined ? key : `${key}/${own}`, id, inputs, outputs: { ...outputs } };
  });

/** The name of an object among those of its kind in the workspace. */
export const ownName = (inputs: Readonly<Record<string, unknown>>): string | undefined =>
  (inputs["name"] ?? inputs["displayName"]) as string | undefined;
