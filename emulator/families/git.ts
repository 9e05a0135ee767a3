import { branchId, branchOf, changesOf, now, paired, pull, push, requiredActionOf } from "./branches.ts";
import type { GitConnection, Workspace } from "../core/model.ts";
import { badRequest, ok, ServiceError, startOperation, workspaceOf } from "../core/service.ts";
import type { Call, Route, Service } from "../core/service.ts";

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
