import { itemNameProblem } from "../../lib/config/items/itemNames.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import type { FabricItem } from "../../lib/api/objects.ts";
import { declaredFolders, declaredItems, declaredUsers } from "./declarable.ts";
import type { ExistingOthers, ExistingUser, ExistingWorkspace } from "./existingWorkspace.ts";
import { gitEntry } from "./gitEntry.ts";
import { importedObjects, ownName } from "./importedObjects.ts";
import type { DeclaredParts, ImportedObject } from "./importedObjects.ts";
import { sortItems } from "./itemOrigin.ts";

/*
 * Converts an existing workspace to an entry of the configuration, and to the state that makes a preview show no change.
 * Everything here is pure.
 */

/** One entry of a list in the configuration, with its keys in the order of the documentation. */
export interface NamedEntry {
  readonly name: string;
  readonly [key: string]: unknown;
}

/** One entry of `fabric:workspaces`. */
export interface WorkspaceEntry extends NamedEntry {
  readonly users?: readonly Readonly<Record<string, unknown>>[];
  readonly items?: readonly Readonly<Record<string, unknown>>[];
}

/** How the configuration speaks of a connection that Git uses. */
export interface SpokenConnection {
  /** Its name in `connections` or `references`; absent if Git uses it by its id. */
  readonly name?: string | undefined;
  /** Display name, if the connection has one that is visible. */
  readonly displayName?: string | undefined;
  /** Why it has no name in the configuration, and the next step. */
  readonly problem?: string | undefined;
}

/** A workspace, ready to be managed. */
export interface DescribedWorkspace {
  readonly entry: WorkspaceEntry;
  readonly objects: readonly ImportedObject[];
  /** Items that are declared. */
  readonly items: readonly FabricItem[];
  /** Objects that are not declared, each with its reason. */
  readonly notes: readonly string[];
}

/** An item's folder in Git format, with the description in it. */
export interface ExportedDefinition {
  readonly path: string;
  readonly description: string;
  /** From `.platform`; absent if it is all zeros. */
  readonly logicalId?: string | undefined;
}

/** Context of a description besides the workspace. */
export interface DescriptionOptions {
  /** Key of the workspace in the configuration. */
  readonly key: string;
  /** Object id of the deploying identity; absent if unknown. */
  readonly callerId: string | undefined;
  /** By the item's id. @default none */
  readonly definitions?: ReadonlyMap<string, ExportedDefinition>;
  /** The connections that Git uses, by id in lower case. @default Git uses them by their ids */
  readonly connections?: ReadonlyMap<string, SpokenConnection>;
}

/** Describes a workspace. */
export function describeWorkspace(existing: ExistingWorkspace, options: DescriptionOptions): DescribedWorkspace {
  const { git } = existing;
  const { key, callerId } = options;
  const connection = options.connections?.get(git?.connectionId?.toLowerCase() ?? "");
  const { own, withOthers, fromGit } = sortItems(existing);
  const users = declaredUsers(existing.users, callerId);
  const items = declaredItems(own, existing.folders);
  const folders = declaredFolders(existing.folders, items.declared);
  const parts: DeclaredParts = {
    key,
    callerId,
    users: users.declared,
    folders: folders.declared,
    items: items.declared,
    keyOf: itemKeys(items.declared),
    connection: connection?.name,
  };
  return {
    entry: workspaceEntry(existing, parts, options.definitions),
    objects: importedObjects(existing, parts),
    items: items.declared,
    notes: [
      ...capacityNotes(existing),
      ...users.notes,
      ...(existing.gitProblem ? [`the Git connection: ${existing.gitProblem}`] : []),
      ...(connection?.problem ? [connectionNote(connection, git?.connectionId)] : []),
      ...items.notes,
      ...(withOthers.length > 0 ? [`${titles(withOthers)}: each comes and goes with the item that it belongs to`] : []),
      ...(fromGit.length > 0 ? [`${titles(fromGit)}: Git brings them`] : []),
      ...folders.notes,
      ...existing.others.flatMap(({ kind, problem }) =>
        problem ? [`${kind.entry?.key ?? kind.name}: ${problem}`] : [],
      ),
    ],
  };
}

const capacityNotes = ({ workspace: { capacityId }, capacity }: ExistingWorkspace) =>
  capacityId && !capacity
    ? [`capacity ${capacityId}: the deploying identity does not see it, so it is left as it is`]
    : [];

/** The entry of a workspace. @param definitions folders of items, by the item's id */
function workspaceEntry(
  { workspace, capacity, git, withSchemas, others }: ExistingWorkspace,
  { key, users, folders, items, keyOf, connection }: DeclaredParts,
  definitions: DescriptionOptions["definitions"],
): WorkspaceEntry {
  const { displayName, description = "" } = workspace;
  const isNamedAlike = key === displayName;
  return {
    name: key,
    ...(!isNamedAlike && { displayName }),
    ...(description && { description }),
    ...(capacity && { capacity }),
    ...(users.length > 0 && { users: users.map(userEntry) }),
    ...(git && { git: gitEntry(git, connection) }),
    ...(items.length > 0 && {
      items: items.map((item) =>
        itemEntry(item, {
          name: keyOf(item),
          folder: folders.get(item.folderId ?? "")?.path,
          hasSchemas: withSchemas.has(item.id),
          definition: definitions?.get(item.id),
        }),
      ),
    }),
    ...Object.fromEntries(others.flatMap(othersEntry)),
  };
}

/** The configuration entry of a kind, as a key and its value; empty if the workspace has no objects of the kind. */
function othersEntry({ kind, objects }: ExistingOthers): [string, unknown][] {
  const { entry } = kind;
  const declared = objects.map(
    ({ inputs: { workspaceId: _holder, ...args } }: { inputs: Record<string, unknown> }) => ({
      name: ownName(args),
      args,
    }),
  );
  const value = entry?.describe(declared);
  return entry && value !== undefined ? [[entry.key, value]] : [];
}

function userEntry(user: ExistingUser): Record<string, unknown> {
  const { userPrincipalName, principalId, type, role } = user;
  return userPrincipalName ? { principal: userPrincipalName, role } : { principal: principalId, type, role };
}

/** Why Git uses a connection by its id. */
const connectionNote = ({ displayName, problem = "" }: SpokenConnection, id = "") =>
  `connection ${displayName === undefined ? id : `'${displayName}'`}: Git uses it by its id, because ${problem}`;

const titles = (items: readonly FabricItem[]) =>
  items.map(({ type, displayName }) => `${type} '${displayName}'`).join(", ");

/** A key for each item: its name, so that a later rename keeps the key. If two items share a name, the type precedes it. */
function itemKeys(items: readonly FabricItem[]): (item: FabricItem) => string {
  const plain = ({ displayName }: FabricItem) => displayName.replaceAll("::", "--");
  const count = (name: string) => items.filter((item) => sameIgnoringCase(plain(item), name)).length;
  return (item) => (count(plain(item)) > 1 ? `${item.type}/${plain(item)}` : plain(item));
}

function itemEntry(
  { type, displayName, description = "" }: FabricItem,
  options: {
    readonly name: string;
    readonly folder: string | undefined;
    readonly hasSchemas: boolean;
    readonly definition: ExportedDefinition | undefined;
  },
): Record<string, unknown> {
  const { name, folder, hasSchemas, definition } = options;
  // the service makes no item of such a name any more
  const isThere = itemNameProblem(type, displayName) === undefined ? {} : { adopt: true };
  if (definition) {
    const isDescribed = definition.description === description;
    return {
      name,
      path: definition.path,
      ...(!isDescribed && { description }),
      ...(folder && { folder }),
      ...isThere,
    };
  }
  return {
    name,
    ...(name !== displayName && { displayName }),
    type,
    ...(description && { description }),
    ...(folder && { folder }),
    ...isThere,
    ...(hasSchemas && { creationPayload: { enableSchemas: true } }),
  };
}
