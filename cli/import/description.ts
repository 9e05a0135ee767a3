import { isOfService } from "../../lib/api/itemType.ts";
import { hasControlCharacter, hasEdgeSpace } from "../../lib/config/displayNameFault.ts";
import { itemNameProblem } from "../../lib/config/itemNames.ts";
import { principalTypes } from "../../lib/config/principal.ts";
import { roles } from "../../lib/config/workspaceSchema.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import { withoutUndefined } from "../../providers/engine/resourceKind.ts";
import { furtherDetails } from "../../providers/kinds/git/link.ts";
import { normalDirectory } from "../../providers/kinds/git/fields.ts";
import { folderKey } from "../../providers/kinds/item/folder.ts";
import type { FabricItem } from "../../lib/api/objects.ts";
import type {
  ExistingOthers,
  ExistingFolder,
  ExistingGit,
  ExistingUser,
  ExistingWorkspace,
} from "./existingWorkspace.ts";

/*
 * Converts an existing workspace to an entry of the configuration, and to the state that makes a preview show no change.
 * Everything here is pure.
 */

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
  const { workspace, capacity, git } = existing;
  const { key, callerId } = options;
  const notes: string[] = [];
  const { id, displayName, description = "" } = workspace;
  const capacityId = workspace.capacityId ?? undefined;
  if (capacityId && !capacity)
    notes.push(`capacity ${capacityId}: the deploying identity does not see it, so it is left as it is`);
  const users = declaredUsers(existing.users, callerId, notes);
  if (existing.gitProblem) notes.push(`the Git connection: ${existing.gitProblem}`);
  const connection = options.connections?.get(git?.connectionId?.toLowerCase() ?? "");
  if (connection?.problem) notes.push(connectionNote(connection, git?.connectionId));
  const { own, withOthers, fromGit } = sortItems(existing);
  const items = own.filter((item) => isDeclarable(item, existing.folders, notes));
  if (withOthers.length > 0) notes.push(`${titles(withOthers)}: each comes and goes with the item that it belongs to`);
  if (fromGit.length > 0) notes.push(`${titles(fromGit)}: Git brings them`);
  const folders = declaredFolders(existing.folders, items, notes);
  const pathOf = (folderId: string | undefined) => (folderId === undefined ? undefined : folders.get(folderId)?.path);
  const keyOf = itemKeys(items);
  const isNamedAlike = key === displayName;

  const entry: WorkspaceEntry = {
    name: key,
    ...(!isNamedAlike && { displayName }),
    ...(description && { description }),
    ...(capacity && { capacity }),
    ...(users.length > 0 && { users: users.map(userEntry) }),
    ...(git && { git: gitEntry(git, connection?.name) }),
    ...(items.length > 0 && {
      items: items.map((item) =>
        itemEntry(item, {
          name: keyOf(item),
          folder: pathOf(item.folderId),
          hasSchemas: existing.withSchemas.has(item.id),
          definition: options.definitions?.get(item.id),
        }),
      ),
    }),
    ...Object.fromEntries(existing.others.flatMap(othersEntry)),
  };
  for (const { kind, problem } of existing.others)
    if (problem) notes.push(`${kind.entry?.key ?? kind.name}: ${problem}`);
  const objects: ImportedObject[] = [
    { kind: "Workspace", name: key, id, inputs: { displayName, description }, outputs: { capacityId } },
    ...users.map((user): ImportedObject => {
      const { principalId, role } = user;
      const name = `${key}/${principalOf(user).toLowerCase()}`;
      // if the token does not identify its owner, any Admin may be the deploying identity, and that role must survive a destroy
      const outputs = { principalId, ...(callerId === undefined && role === "Admin" && { adoptedRole: role }) };
      return { kind: "WorkspaceUser", name, id: `${id}/${principalId}`, inputs: { workspaceId: id, role }, outputs };
    }),
    ...(git
      ? [
          {
            kind: "GitConnection",
            name: key,
            id,
            // a preview does not know the id of a connection that is imported with it
            inputs: { workspaceId: id, ...(connection?.name !== undefined && { connectionId: git.connectionId }) },
            outputs: withoutUndefined({
              head: git.head ?? "",
              furtherDetails: furtherDetails(git.details, gitEntry(git)),
            }),
          } as const,
        ]
      : []),
    ...[...folders.values()].map(({ folder, path }): ImportedObject => {
      const inputs = { workspaceId: id, displayName: folder.displayName, parentFolderId: folder.parentFolderId };
      return { kind: "Folder", name: `${key}/${folderKey(path)}`, id: `${id}/${folder.id}`, inputs, outputs: {} };
    }),
    ...items.map((item): ImportedObject => {
      const inputs = {
        workspaceId: id,
        displayName: item.displayName,
        description: item.description ?? "",
        folderId: item.folderId,
      };
      return { kind: "Item", name: `${key}/${keyOf(item)}`, id: `${id}/${item.id}`, inputs, outputs: {} };
    }),
    ...existing.others.flatMap(({ kind, objects }) =>
      objects.map((object): ImportedObject => {
        const own = ownName(object.inputs);
        const { id, inputs, outputs = {} } = object;
        return {
          kind: kind.name,
          name: own === undefined ? key : `${key}/${own}`,
          id,
          inputs,
          outputs: { ...outputs },
        };
      }),
    ),
  ];
  return { entry, objects, items, notes };
}

/** The name of an object among those of its kind in the workspace. */
const ownName = (inputs: Readonly<Record<string, unknown>>): string | undefined =>
  (inputs["name"] ?? inputs["displayName"]) as string | undefined;

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

const principalOf = ({ userPrincipalName, principalId }: ExistingUser) => userPrincipalName ?? principalId;

const isOneOf = (words: readonly string[], word: string) => words.includes(word);

/** All users except the deploying identity, which is Admin of every workspace that it makes and need not be declared. */
function declaredUsers(users: readonly ExistingUser[], callerId: string | undefined, notes: string[]): ExistingUser[] {
  return users.filter(({ principalId, type, role }) => {
    if (callerId !== undefined && sameIgnoringCase(principalId, callerId)) {
      notes.push(
        `role ${role} of ${principalId}: that is the deploying identity, which keeps it without being declared`,
      );
      return false;
    }
    if (isOneOf(principalTypes, type) && isOneOf(roles, role)) return true;
    notes.push(`role ${role} of ${principalId}: a configuration cannot give it to a ${type}`);
    return false;
  });
}

function userEntry(user: ExistingUser): Record<string, unknown> {
  const { userPrincipalName, principalId, type, role } = user;
  return userPrincipalName ? { principal: userPrincipalName, role } : { principal: principalId, type, role };
}

/** Why Git uses a connection by its id. */
const connectionNote = ({ displayName, problem = "" }: SpokenConnection, id = "") =>
  `connection ${displayName === undefined ? id : `'${displayName}'`}: Git uses it by its id, because ${problem}`;

/** @param connection name of the connection in the configuration. @default its id stands for it */
function gitEntry({ details, connectionId }: ExistingGit, connection?: string): Record<string, unknown> {
  const { gitProviderType, ownerName, organizationName, projectName, repositoryName, branchName } = details;
  const { customDomainName } = details;
  const directoryName = normalDirectory(details.directoryName);
  return {
    gitProviderType,
    ...(gitProviderType === "GitHub"
      ? { ownerName, ...(customDomainName && { customDomainName }) }
      : { organizationName, projectName }),
    repositoryName,
    branchName,
    ...(directoryName !== "/" && { directoryName }),
    ...(connection === undefined ? connectionId && { connectionId } : { connection }),
  };
}

/** The items of a workspace, by origin. */
export interface SortedItems {
  /** Made by people, so they are declared. */
  readonly own: readonly FabricItem[];
  /** They come and go with another item. */
  readonly withOthers: readonly FabricItem[];
  /** The Git connection brings them. */
  readonly fromGit: readonly FabricItem[];
}

/** Sorts the items of a workspace by origin. */
export function sortItems({ items, git }: ExistingWorkspace): SortedItems {
  const sorted = Object.groupBy(items, (item) => {
    if (comesWithAnother(item, items)) return "withOthers";
    return git && !git.onlyInWorkspace.has(item.id) ? "fromGit" : "own";
  });
  return { own: sorted.own ?? [], withOthers: sorted.withOthers ?? [], fromGit: sorted.fromGit ?? [] };
}

/** What of a name no configuration keeps; completes "its name …". Undefined if it is kept. */
export function nameFault(name: string): string | undefined {
  if (hasEdgeSpace(name)) return "begins or ends with a space";
  return hasControlCharacter(name) ? "has a control character" : undefined;
}

/** Longest description of an item that a configuration holds; items that were made in other ways may have longer ones. */
const LONGEST_DESCRIPTION = 256;

/** Whether a configuration can hold the name of an item with its description, and the names of the folders above it. */
function isDeclarable(
  { type, displayName, description = "", folderId }: FabricItem,
  folders: readonly ExistingFolder[],
  notes: string[],
) {
  const above: string[] = [];
  for (let id = folderId; id !== undefined;) {
    const folder = folders.find((one) => one.id === id);
    if (folder) above.push(folder.displayName);
    id = folder?.parentFolderId;
  }
  const own = nameFault(displayName);
  const ofFolder = above.map(nameFault).find((fault) => fault !== undefined);
  const ofName = own === undefined ? ofFolder && `a folder above it ${ofFolder}` : `its name ${own}`;
  const wrong =
    ofName !== undefined
      ? `${ofName}. Rename that in Fabric`
      : description.length > LONGEST_DESCRIPTION
        ? `its description has more than ${LONGEST_DESCRIPTION} characters. Shorten it in Fabric`
        : undefined;
  if (wrong === undefined) return true;
  notes.push(`${type} '${displayName}': ${wrong} to declare the item`);
  return false;
}

/** Whether an item belongs to another one: SQL endpoints, the database of an eventhouse, and where dataflows keep data. */
function comesWithAnother({ type, displayName }: FabricItem, items: readonly FabricItem[]): boolean {
  if (type === "SQLEndpoint" || isOfService({ displayName })) return true;
  const isOfSameName = (other: FabricItem) => sameIgnoringCase(other.displayName, displayName);
  return type === "KQLDatabase" && items.some((other) => other.type === "Eventhouse" && isOfSameName(other));
}

const titles = (items: readonly FabricItem[]) =>
  items.map(({ type, displayName }) => `${type} '${displayName}'`).join(", ");

interface PlacedFolder {
  readonly folder: ExistingFolder;
  /** `/ingest/raw`. */
  readonly path: string;
}

/**
 * Folders with declared items in or below them, by id. Other folders cannot be declared, because only items declare folders.
 */
function declaredFolders(
  folders: readonly ExistingFolder[],
  items: readonly FabricItem[],
  notes: string[],
): Map<string, PlacedFolder> {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const pathOf = (folder: ExistingFolder): string => {
    const parent = byId.get(folder.parentFolderId ?? "");
    return `${parent ? pathOf(parent) : ""}/${folder.displayName}`;
  };
  const used = new Set<string>();
  for (const { folderId } of items) {
    for (let folder = byId.get(folderId ?? ""); folder; folder = byId.get(folder.parentFolderId ?? ""))
      used.add(folder.id);
  }
  const others = folders.filter(({ id }) => !used.has(id)).map(pathOf);
  if (others.length > 0) notes.push(`folder ${others.join(", ")}: none of the declared items lies there`);
  const declared = folders.filter(({ id }) => used.has(id));
  return new Map(declared.map((folder) => [folder.id, { folder, path: pathOf(folder) }]));
}

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
