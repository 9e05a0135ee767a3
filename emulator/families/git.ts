import { z } from "zod";
import { defineFamily } from "../core/family.ts";
import { checked, derived, route } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, ok, ServiceError } from "../core/service.ts";
import type { Call, Service } from "../core/service.ts";
import {
  branches,
  branchId,
  branchOf,
  changesOf,
  commit,
  gitConnections,
  now,
  paired,
  pull,
  push,
  requiredActionOf,
} from "./branches.ts";
import type { GitConnection } from "./branches.ts";
import { connections } from "./connections.ts";
import { principals } from "./identity.ts";
import { startOperation } from "./operations.ts";
import { workspace } from "./workspaces.ts";
import type { Role, Workspace } from "./workspaces.ts";

const strategies = ["None", "PreferRemote", "PreferWorkspace"];

const onCapacity = (atLeast: Role): Guard<Workspace> =>
  checked(workspace(atLeast), ({ capacityId }) => {
    if (!capacityId) throw new ServiceError(400, "WorkspaceHasNoCapacityAssigned", "The workspace has no capacity");
  });
const connectionOf = (workspace: Guard<Workspace>): Guard<GitConnection> =>
  derived(workspace, ({ id }, _call, service) => {
    const connection = gitConnections.in(service).get(id);
    if (connection) return connection;
    throw new ServiceError(400, "WorkspaceNotConnectedToGit", "The workspace is not connected to Git");
  });
const connection = (atLeast: Role) => connectionOf(onCapacity(atLeast));
const initialized = checked(connection("Contributor"), ({ isInitialized }) => {
  if (!isInitialized)
    throw new ServiceError(400, "WorkspaceGitConnectionNotInitialized", "The connection is not initialised");
});

/** The connection of a workspace to a folder of a branch. The emulator has its own repositories. */
export const gitFamily = defineFamily({
  name: "git",
  collections: { branches, gitConnections },
  routes: [
    route("GET", workspace("Contributor"), "/git/connection", ({ id }, _call, service) => {
      const connection = gitConnections.in(service).get(id);
      if (!connection)
        return ok({ gitProviderDetails: null, gitSyncDetails: null, gitConnectionState: "NotConnected" });
      return ok({
        gitProviderDetails: connection.details,
        gitSyncDetails: connection.head ? { head: connection.head, lastSyncTime: connection.syncedAt } : null,
        gitConnectionState: connection.isInitialized ? "ConnectedAndInitialized" : "Connected",
      });
    }),
    route("POST", onCapacity("Admin"), "/git/connect", ({ id: workspaceId }, call, service) => {
      if (gitConnections.in(service).get(workspaceId)) {
        throw new ServiceError(409, "WorkspaceAlreadyConnectedToGit", "The workspace is connected to Git already");
      }
      const details = detailsOf(call);
      const isGitHub = details["gitProviderType"] === "GitHub";
      const given = call.body["myGitCredentials"] ?? (isGitHub ? undefined : { source: "Automatic" });
      const credentials = credentialsOf(given, call, service, details);
      const isKnown = branches.in(service).get(branchId(details)) !== undefined;
      if (!isKnown && service.levers.onlyKnownRepositories) {
        throw new ServiceError(
          404,
          "GitProviderResourceNotFound",
          "The repository, branch or directory could not be found",
        );
      }
      gitConnections.in(service).put({
        id: workspaceId,
        details,
        isInitialized: false,
        synced: [],
        credentials: { [call.caller]: credentials },
      });
      return ok();
    }),
    // the only call of Git that needs no capacity
    route("POST", connectionOf(workspace("Admin")), "/git/disconnect", ({ id }, _call, service) => {
      gitConnections.in(service).delete(id);
      return ok();
    }),
    route("POST", connection("Admin"), "/git/initializeConnection", (connection, call, service) => {
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
        gitConnections.in(service).change(connection.id, {
          isInitialized: true,
          ...(isEqual && { head, syncedAt: now(service), synced: paired(service, connection.id, items) }),
        });
        return { requiredAction, workspaceHead: isEqual ? head : "", remoteCommitHash: items.length > 0 ? head : "" };
      });
    }),
    route("GET", initialized, "/git/status", (connection, call, service) => {
      const { head, items } = branchOf(service, connection);
      return startOperation(call, service, true, () => ({
        workspaceHead: connection.head ?? "",
        remoteCommitHash: items.length > 0 ? head : "",
        changes: changesOf(service, connection, items),
      }));
    }),
    route("POST", initialized, "/git/updateFromGit", (connection, call, service) => {
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
    }),
    route("POST", initialized, "/git/commitToGit", (connection, call, service) => {
      assertHead(call, connection);
      const { items } = branchOf(service, connection);
      if (!changesOf(service, connection, items).some(({ workspaceChange }) => workspaceChange)) {
        throw new ServiceError(400, "NoChangesToCommit", "There are no changes to commit");
      }
      return startOperation(call, service, false, () => push(service, connection));
    }),
    route("GET", connection("Contributor"), "/git/myGitCredentials", ({ credentials }, call) =>
      ok(credentials[call.caller] ?? { source: "None" }),
    ),
    route("PATCH", connection("Contributor"), "/git/myGitCredentials", (connection, call, service) => {
      const credentials = credentialsOf(call.body, call, service, connection.details);
      gitConnections.in(service).change(connection.id, {
        credentials: { ...connection.credentials, [call.caller]: credentials },
      });
      return ok(credentials);
    }),
  ],
  seed: {
    repositories: z
      .array(
        z.object({
          details: z.record(z.string(), z.string()),
          items: z.array(
            z.object({
              type: z.string(),
              displayName: z.string(),
              description: z.string().default(""),
              parts: z.array(z.object({ path: z.string(), payload: z.string(), payloadType: z.string() })).default([]),
            }),
          ),
        }),
      )
      .default([]),
  },
  populate(service, seed) {
    for (const { details, items } of seed.repositories) commit(service, details, items);
  },
});

/** Compares the body's head with the connection's. The connection has no head only directly after its initialisation. */
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
    if (!connectionId || !connections.in(service).get(connectionId))
      throw new ServiceError(404, "ConnectionNotFound", "The connection could not be found");
    return { source, connectionId };
  }
  if (source === "None") return { source };
  const isServicePrincipal = principals.in(service).get(call.caller)?.type === "ServicePrincipal";
  if (source !== "Automatic" || details["gitProviderType"] === "GitHub" || isServicePrincipal) {
    throw new ServiceError(
      400,
      "PrincipalTypeNotSupported",
      "Automatic credentials are not supported for the provider or the caller",
    );
  }
  return { source };
}
