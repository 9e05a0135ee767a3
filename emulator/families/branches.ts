import { createHash, randomUUID } from "node:crypto";
import { collection } from "../core/collection.ts";
import { sameName, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import type { Part } from "./itemDefinition.ts";
import { addItem, items, itemsOf, removeItem } from "./items.ts";
import type { Item } from "./items.ts";

/* Folders of branches, how workspaces differ from them, and how pulls and commits bring them in line. git.ts has the routes. */

/** An item in a repository. */
export interface CommittedItem {
  readonly logicalId: string;
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly parts: readonly Part[];
}

/** One folder of one branch. Its id is `provider/owner/repository/branch/directory`. */
export interface BranchFolder extends Stored {
  readonly head: string;
  readonly items: readonly CommittedItem[];
}

/** The Git connection of a workspace; its id is the workspace's. */
export interface GitConnection extends Stored {
  readonly details: Record<string, string>;
  readonly isInitialized: boolean;
  readonly head?: string | undefined;
  readonly syncedAt?: string | undefined;
  /** Items of the synced commit, each with the id of its item in the workspace. */
  readonly synced: readonly (CommittedItem & { readonly objectId: string })[];
  /** Credentials by caller. */
  readonly credentials: Readonly<Record<string, { readonly source: string; readonly connectionId?: string }>>;
}

/** The folders of all branches that have commits. */
export const branches = collection<BranchFolder>("branches");
/** The Git connections of all workspaces. */
export const gitConnections = collection<GitConnection>("gitConnections", {
  ownedBy: { workspaces: "id" },
  shows(connection, service) {
    const { head, items } = branchOf(service, connection);
    const changes = changesOf(service, connection, items).map(({ itemMetadata, workspaceChange, remoteChange }) => {
      const { itemType, displayName } = itemMetadata;
      const sides = [workspaceChange && `${workspaceChange} here`, remoteChange && `${remoteChange} in Git`];
      return `${itemType} ${displayName}: ${sides.filter(Boolean).join(", ")}`;
    });
    const name = branchId(connection.details);
    return { name, branchHead: head, differences: changes.length === 0 ? "none" : changes };
  },
});

/** Puts items into a branch, like a commit. */
export function commit(
  service: Service,
  details: Record<string, string>,
  items: readonly Omit<CommittedItem, "logicalId">[],
): BranchFolder {
  const id = branchId(details);
  const before = branches.in(service).get(id)?.items ?? [];
  const committed = items.map((item) => ({
    ...item,
    logicalId: before.find((known) => isSame(known, item))?.logicalId ?? randomUUID(),
  }));
  return branches.in(service).put({ id, items: committed, head: headOf(committed) });
}

const headOf = (items: readonly CommittedItem[]) =>
  createHash("sha1").update(JSON.stringify(items)).update(randomUUID()).digest("hex");

/** The time in the service's format. */
export const now = (service: Service) => new Date(service.clock.now()).toISOString().slice(0, -1);

/** Id under which a folder of a branch is stored. */
export function branchId(details: Record<string, string>): string {
  const { gitProviderType, ownerName, organizationName, projectName, repositoryName, branchName, directoryName } =
    details;
  const owner = [ownerName ?? organizationName, projectName].filter(Boolean).join("/");
  return `${gitProviderType}/${owner}/${repositoryName}/${branchName}/${(directoryName ?? "").replace(/^\/|\/$/g, "")}`.toLowerCase();
}

/** The folder that a workspace is connected to. It is empty if it has no commits. */
export function branchOf(service: Service, { details }: GitConnection): BranchFolder {
  return branches.in(service).get(branchId(details)) ?? { id: branchId(details), head: "", items: [] };
}

/** Items that Git tracks. SQL endpoints belong to their lakehouses. */
const trackedItems = (service: Service, workspaceId: string) =>
  itemsOf(service, workspaceId).filter(({ type }) => type !== "SQLEndpoint");

const isSame = (left: Pick<Item, "type" | "displayName">, right: Pick<Item, "type" | "displayName">) =>
  left.type === right.type && sameName(left.displayName, right.displayName);

function contentOf({
  type,
  displayName,
  description,
  parts,
}: Pick<Item, "type" | "displayName" | "description"> & { readonly parts?: readonly Part[] }): string {
  const own = (parts ?? []).filter((part) => part.path !== ".platform");
  const sorted = own
    .map((part) => [part.path, part.payload])
    .sort(([left = ""], [right = ""]) => left.localeCompare(right));
  return JSON.stringify([type, displayName, description, sorted]);
}

type Content = Parameters<typeof contentOf>[0];

const isEqualContent = (left: Content | undefined, right: Content | undefined) =>
  left !== undefined && right !== undefined && contentOf(left) === contentOf(right);

/** The action that initialisation requires. An empty side decides first; only then do differences count. */
export function requiredActionOf(
  service: Service,
  connection: GitConnection,
  remote: readonly CommittedItem[],
  strategy: string,
): string {
  const local = trackedItems(service, connection.id);
  if (local.length === 0) return remote.length === 0 ? "None" : "UpdateFromGit";
  if (remote.length === 0) return "CommitToGit";
  if (strategy === "None") {
    throw new ServiceError(
      400,
      "MissingInitializationStrategy",
      "Both sides have content: an initialization strategy is required",
    );
  }
  const isEqual =
    local.length === remote.length &&
    local.every((item) => remote.some((other) => contentOf(other) === contentOf(item)));
  if (isEqual) return "None";
  return strategy === "PreferRemote" ? "UpdateFromGit" : "CommitToGit";
}

interface Change {
  readonly itemMetadata: {
    readonly itemIdentifier: { readonly objectId?: string; readonly logicalId?: string };
    readonly itemType: string;
    readonly displayName: string;
  };
  readonly workspaceChange: "Added" | "Deleted" | "Modified" | null;
  readonly remoteChange: "Added" | "Deleted" | "Modified" | null;
  readonly conflictType: "None" | "Conflict" | "SameChanges";
}

/** Differences of workspace and branch, each from the synced commit. */
export function changesOf(service: Service, connection: GitConnection, remote: readonly CommittedItem[]): Change[] {
  const local = trackedItems(service, connection.id);
  const { synced } = connection;
  const changes: Change[] = [];
  const add = (
    item: Pick<Item, "type" | "displayName">,
    ids: { objectId?: string; logicalId?: string },
    here: Change["workspaceChange"],
    there: Change["remoteChange"],
    isEqual: boolean,
  ) => {
    if (!here && !there) return;
    const itemMetadata = { itemIdentifier: ids, itemType: item.type, displayName: item.displayName };
    changes.push({
      itemMetadata,
      workspaceChange: here,
      remoteChange: there,
      conflictType: here && there ? (isEqual ? "SameChanges" : "Conflict") : "None",
    });
  };
  for (const base of synced) {
    const here = local.find(({ id }) => id === base.objectId);
    const there = remote.find(({ logicalId }) => logicalId === base.logicalId);
    const workspaceChange = !here ? "Deleted" : contentOf(here) === contentOf(base) ? null : "Modified";
    const remoteChange = !there ? "Deleted" : contentOf(there) === contentOf(base) ? null : "Modified";
    const ids = { ...(here && { objectId: base.objectId }), logicalId: base.logicalId };
    add(base, ids, workspaceChange, remoteChange, isEqualContent(here, there));
  }
  const newHere = local.filter(({ id }) => !synced.some(({ objectId }) => objectId === id));
  const newThere = remote.filter(({ logicalId }) => !synced.some((base) => base.logicalId === logicalId));
  for (const here of newHere) {
    const there = newThere.find((other) => isSame(here, other));
    const ids = { objectId: here.id, ...(there && { logicalId: there.logicalId }) };
    add(here, ids, "Added", there ? "Added" : null, isEqualContent(here, there));
  }
  for (const there of newThere) {
    if (!newHere.some((here) => isSame(here, there))) add(there, { logicalId: there.logicalId }, null, "Added", false);
  }
  return changes;
}

/** The committed items that have an item of the same name in the workspace, each with that item's id. */
export function paired(service: Service, workspaceId: string, items: readonly CommittedItem[]) {
  const local = trackedItems(service, workspaceId);
  return items.flatMap((item) => {
    const here = local.find((other) => isSame(other, item));
    return here ? [{ ...item, objectId: here.id }] : [];
  });
}

/**
 * Brings the branch's changes into the workspace. Items that changed only in the workspace stay. If an item changed on both
 * sides, the policy decides.
 */
export function pull(
  service: Service,
  connection: GitConnection,
  { head, items: committed }: Pick<BranchFolder, "head" | "items">,
  policy: unknown,
): void {
  const local = trackedItems(service, connection.id);
  const takes = (here: Content | undefined, base: Content | undefined, there: Content | undefined) => {
    const isChanged = (now: Content | undefined) => (now && contentOf(now)) !== (base && contentOf(base));
    return isChanged(there) && !(isChanged(here) && policy === "PreferWorkspace");
  };
  for (const base of connection.synced) {
    if (committed.some(({ logicalId }) => logicalId === base.logicalId)) continue;
    const here = items.in(service).get(base.objectId);
    if (here && takes(here, base, undefined)) removeItem(service, here);
  }
  const synced = committed.map((item) => {
    const { type, displayName, description, parts } = item;
    const base = connection.synced.find(({ logicalId }) => logicalId === item.logicalId);
    const here = base ? local.find(({ id }) => id === base.objectId) : local.find((other) => isSame(other, item));
    if (!takes(here, base, item)) return { ...item, objectId: here?.id ?? base?.objectId ?? "" };
    const now = here
      ? items.in(service).change(here.id, { displayName, description, parts })
      : addItem(service, connection.id, { type, displayName, description, parts });
    return { ...item, objectId: now.id };
  });
  gitConnections.in(service).change(connection.id, { head, syncedAt: now(service), synced });
}

/** Commits the whole workspace. */
export function push(service: Service, connection: GitConnection): void {
  const own = trackedItems(service, connection.id).map((item) => {
    const { type, displayName, description, parts = [] } = item;
    const known = connection.synced.find(({ objectId }) => objectId === item.id);
    return { objectId: item.id, logicalId: known?.logicalId ?? randomUUID(), type, displayName, description, parts };
  });
  const committed = own.map(({ objectId: _objectId, ...item }) => item);
  const head = headOf(committed);
  branches.in(service).put({ id: branchId(connection.details), head, items: committed });
  gitConnections.in(service).change(connection.id, { head, syncedAt: now(service), synced: own });
}
