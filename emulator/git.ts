import { createHash, randomUUID } from "node:crypto";
import { addItem, itemsOf, removeItem } from "./items.ts";
import type { BranchFolder, CommittedItem, GitConnection, Item, Part, Workspace } from "./model.ts";
import { badRequest, notFound, ok, sameName, ServiceError, startOperation, workspaceOf } from "./service.ts";
import type { Call, Route, Service } from "./service.ts";

const path = "/workspaces/{workspaceId}/git";
const strategies = ["None", "PreferRemote", "PreferWorkspace"];

/** The connection of a workspace to a folder of a branch. Repositories are the emulator's own. */
export const gitRoutes: readonly Route[] = [
  {
    method: "GET",
    template: `${path}/connection`,
    handler(call, service) {
      const { id } = workspaceOf(call, service, "Contributor");
      const connection = service.gitConnections.get(id);
      if (!connection)
        return ok({ gitProviderDetails: null, gitSyncDetails: null, gitConnectionState: "NotConnected" });
      return ok({
        gitProviderDetails: connection.details,
        gitSyncDetails: connection.head ? { head: connection.head, lastSyncTime: connection.syncedAt } : null,
        gitConnectionState: connection.isInitialized ? "ConnectedAndInitialized" : "Connected",
      });
    },
  },
  {
    method: "POST",
    template: `${path}/connect`,
    handler(call, service) {
      const workspace = onCapacity(workspaceOf(call, service, "Admin"));
      if (service.gitConnections.get(workspace.id)) {
        throw new ServiceError(409, "WorkspaceAlreadyConnectedToGit", "The workspace is connected to Git already");
      }
      const details = detailsOf(call);
      const credentials = credentialsOf(
        call.body["myGitCredentials"] ??
          (details["gitProviderType"] === "GitHub" ? undefined : { source: "Automatic" }),
        call,
        service,
        details,
      );
      const isKnown = service.branches.all().some(({ id }) => id === branchId(details));
      if (!isKnown && service.levers.onlyKnownRepositories) {
        throw new ServiceError(
          404,
          "GitProviderResourceNotFound",
          "The repository, branch or directory could not be found",
        );
      }
      service.gitConnections.put({
        id: workspace.id,
        details,
        isInitialized: false,
        synced: [],
        credentials: { [call.caller]: credentials },
      });
      return ok();
    },
  },
  {
    method: "POST",
    template: `${path}/disconnect`,
    handler(call, service) {
      // the one call of Git that asks for no capacity
      service.gitConnections.delete(connected(service, workspaceOf(call, service, "Admin")).id);
      return ok();
    },
  },
  {
    method: "POST",
    template: `${path}/initializeConnection`,
    handler(call, service) {
      const connection = connectionOf(call, service, "Admin");
      if (connection.isInitialized) {
        throw new ServiceError(
          409,
          "WorkspaceGitConnectionAlreadyInitialized",
          "The connection is initialised already",
        );
      }
      const strategy = (call.body["initializationStrategy"] as string | undefined) ?? "None";
      if (!strategies.includes(strategy)) throw badRequest("The initializationStrategy is invalid.");
      const { head, items } = branchOf(service, connection);
      const requiredAction = requiredActionOf(service, connection, items, strategy);
      return startOperation(call, service, true, () => {
        const isEqual = requiredAction === "None" && items.length > 0;
        service.gitConnections.change(connection.id, {
          isInitialized: true,
          ...(isEqual && { head, syncedAt: now(service), synced: paired(service, connection.id, items) }),
        });
        return { requiredAction, workspaceHead: isEqual ? head : "", remoteCommitHash: items.length > 0 ? head : "" };
      });
    },
  },
  {
    method: "GET",
    template: `${path}/status`,
    handler(call, service) {
      const connection = initialized(connectionOf(call, service, "Contributor"));
      const { head, items } = branchOf(service, connection);
      return startOperation(call, service, true, () => ({
        workspaceHead: connection.head ?? "",
        remoteCommitHash: items.length > 0 ? head : "",
        changes: changesOf(service, connection, items),
      }));
    },
  },
  {
    method: "POST",
    template: `${path}/updateFromGit`,
    handler(call, service) {
      const connection = initialized(connectionOf(call, service, "Contributor"));
      const { head, items } = branchOf(service, connection);
      if (call.body["remoteCommitHash"] !== head) throw badRequest("The remoteCommitHash is not that of the branch.");
      assertHead(call, connection);
      const mayOverride =
        (call.body["options"] as { allowOverrideItems?: boolean } | undefined)?.allowOverrideItems === true;
      const overridden = changesOf(service, connection, items).some(
        ({ workspaceChange, remoteChange }) => workspaceChange && remoteChange,
      );
      if (overridden && !mayOverride)
        throw new ServiceError(400, "OverrideItemsNotAllowed", "Items would be overridden");
      const { conflictResolutionPolicy } = (call.body["conflictResolution"] ?? {}) as Record<string, unknown>;
      return startOperation(call, service, false, () =>
        pull(service, connection, { head, items }, conflictResolutionPolicy),
      );
    },
  },
  {
    method: "POST",
    template: `${path}/commitToGit`,
    handler(call, service) {
      const connection = initialized(connectionOf(call, service, "Contributor"));
      assertHead(call, connection);
      const { items } = branchOf(service, connection);
      if (!changesOf(service, connection, items).some(({ workspaceChange }) => workspaceChange)) {
        throw new ServiceError(400, "NoChangesToCommit", "There are no changes to commit");
      }
      return startOperation(call, service, false, () => push(service, connection));
    },
  },
  {
    method: "GET",
    template: `${path}/myGitCredentials`,
    handler: (call, service) =>
      ok(connectionOf(call, service, "Contributor").credentials[call.caller] ?? { source: "None" }),
  },
  {
    method: "PATCH",
    template: `${path}/myGitCredentials`,
    handler(call, service) {
      const connection = connectionOf(call, service, "Contributor");
      const credentials = credentialsOf(call.body, call, service, connection.details);
      service.gitConnections.change(connection.id, {
        credentials: { ...connection.credentials, [call.caller]: credentials },
      });
      return ok(credentials);
    },
  },
];

/** Puts items into a branch, as somebody's commit does. */
export function commit(
  service: Service,
  details: Record<string, string>,
  items: readonly Omit<CommittedItem, "logicalId">[],
): BranchFolder {
  const id = branchId(details);
  const before = service.branches.get(id)?.items ?? [];
  const committed = items.map((item) => ({
    ...item,
    logicalId: before.find((known) => isSame(known, item))?.logicalId ?? randomUUID(),
  }));
  return service.branches.put({ id, items: committed, head: headOf(committed) });
}

const headOf = (items: readonly CommittedItem[]) =>
  createHash("sha1").update(JSON.stringify(items)).update(randomUUID()).digest("hex");

const now = (service: Service) => new Date(service.clock.now()).toISOString().slice(0, -1);

function branchId(details: Record<string, string>): string {
  const { gitProviderType, ownerName, organizationName, projectName, repositoryName, branchName, directoryName } =
    details;
  const owner = [ownerName ?? organizationName, projectName].filter(Boolean).join("/");
  return `${gitProviderType}/${owner}/${repositoryName}/${branchName}/${(directoryName ?? "").replace(/^\/|\/$/g, "")}`.toLowerCase();
}

function branchOf(service: Service, { details }: GitConnection): BranchFolder {
  return service.branches.get(branchId(details)) ?? { id: branchId(details), head: "", items: [] };
}

function connectionOf(call: Call, service: Service, atLeast: "Contributor" | "Admin"): GitConnection {
  return connected(service, onCapacity(workspaceOf(call, service, atLeast)));
}

function connected(service: Service, { id }: Workspace): GitConnection {
  const connection = service.gitConnections.get(id);
  if (!connection) throw new ServiceError(400, "WorkspaceNotConnectedToGit", "The workspace is not connected to Git");
  return connection;
}

function initialized(connection: GitConnection): GitConnection {
  if (connection.isInitialized) return connection;
  throw new ServiceError(400, "WorkspaceGitConnectionNotInitialized", "The connection is not initialised");
}

function onCapacity(workspace: Workspace): Workspace {
  if (workspace.capacityId) return workspace;
  throw new ServiceError(400, "WorkspaceHasNoCapacityAssigned", "The workspace has no capacity");
}

/** The head is only unknown directly after the connection was initialised. */
function assertHead(call: Call, connection: GitConnection): void {
  const given = call.body["workspaceHead"];
  if ((given || undefined) !== connection.head)
    throw new ServiceError(400, "WorkspaceHeadMismatch", "The workspace head does not match");
}

function detailsOf(call: Call): Record<string, string> {
  const details = (call.body["gitProviderDetails"] ?? {}) as Record<string, string>;
  const required = { GitHub: ["ownerName"], AzureDevOps: ["organizationName", "projectName"] }[
    String(details["gitProviderType"])
  ];
  if (!required) throw badRequest("The gitProviderType is invalid.");
  const missing = [...required, "repositoryName", "branchName"].filter((field) => !details[field]);
  if (missing.length > 0 || details["directoryName"] === undefined)
    throw badRequest(`Missing: ${missing.join(", ") || "directoryName"}.`);
  return details;
}

function credentialsOf(value: unknown, call: Call, service: Service, details: Record<string, string>) {
  const { source, connectionId } = (value ?? {}) as { source?: string; connectionId?: string };
  if (source === "ConfiguredConnection") {
    if (!connectionId || !service.connections.get(connectionId))
      throw new ServiceError(404, "ConnectionNotFound", "The connection could not be found");
    return { source, connectionId };
  }
  if (source === "None") return { source };
  const isServicePrincipal = service.principals.get(call.caller)?.type === "ServicePrincipal";
  if (source !== "Automatic" || details["gitProviderType"] === "GitHub" || isServicePrincipal) {
    throw new ServiceError(
      400,
      "PrincipalTypeNotSupported",
      "Automatic credentials are not supported for the provider or the caller",
    );
  }
  return { source };
}

/** Items that Git knows of; SQL endpoints belong to their lakehouses. */
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

/** What initialisation demands; emptiness decides before difference does. */
function requiredActionOf(
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

/** Workspace and branch, each compared with the synced commit. */
function changesOf(service: Service, connection: GitConnection, remote: readonly CommittedItem[]): Change[] {
  const local = trackedItems(service, connection.id);
  const { synced } = connection;
  const changes: Change[] = [];
  const add = (
    of: Pick<Item, "type" | "displayName">,
    ids: { objectId?: string; logicalId?: string },
    here: Change["workspaceChange"],
    there: Change["remoteChange"],
    isEqual: boolean,
  ) => {
    if (!here && !there) return;
    const itemMetadata = { itemIdentifier: ids, itemType: of.type, displayName: of.displayName };
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

/** Each committed item with the workspace's item of its name. */
function paired(service: Service, workspaceId: string, items: readonly CommittedItem[]) {
  const local = trackedItems(service, workspaceId);
  return items.flatMap((item) => {
    const here = local.find((other) => isSame(other, item));
    return here ? [{ ...item, objectId: here.id }] : [];
  });
}

/** Brings the branch's changes into the workspace. What changed only there stays; the policy decides about what changed on both sides. */
function pull(
  service: Service,
  connection: GitConnection,
  { head, items }: Pick<BranchFolder, "head" | "items">,
  policy: unknown,
): void {
  const local = trackedItems(service, connection.id);
  const takes = (here: Content | undefined, base: Content | undefined, there: Content | undefined) => {
    const isChanged = (now: Content | undefined) => (now && contentOf(now)) !== (base && contentOf(base));
    return isChanged(there) && !(isChanged(here) && policy === "PreferWorkspace");
  };
  for (const base of connection.synced) {
    if (items.some(({ logicalId }) => logicalId === base.logicalId)) continue;
    const here = service.items.get(base.objectId);
    if (here && takes(here, base, undefined)) removeItem(service, here);
  }
  const synced = items.map((item) => {
    const { type, displayName, description, parts } = item;
    const base = connection.synced.find(({ logicalId }) => logicalId === item.logicalId);
    const here = base ? local.find(({ id }) => id === base.objectId) : local.find((other) => isSame(other, item));
    if (!takes(here, base, item)) return { ...item, objectId: here?.id ?? base?.objectId ?? "" };
    const now = here
      ? service.items.change(here.id, { displayName, description, parts })
      : addItem(service, connection.id, { type, displayName, description, parts });
    return { ...item, objectId: now.id };
  });
  service.gitConnections.change(connection.id, { head, syncedAt: now(service), synced });
}

function push(service: Service, connection: GitConnection): void {
  const items = trackedItems(service, connection.id).map((item) => {
    const { type, displayName, description, parts = [] } = item;
    const known = connection.synced.find(({ objectId }) => objectId === item.id);
    return { objectId: item.id, logicalId: known?.logicalId ?? randomUUID(), type, displayName, description, parts };
  });
  const committed = items.map(({ objectId: _objectId, ...item }) => item);
  const head = headOf(committed);
  service.branches.put({ id: branchId(connection.details), head, items: committed });
  service.gitConnections.change(connection.id, { head, syncedAt: now(service), synced: items });
}

/** Removes a folder of a branch, for tests of what happens when it is gone. */
export function deleteBranch(service: Service, details: Record<string, string>): void {
  if (!service.branches.delete(branchId(details))) throw notFound("branch");
}
