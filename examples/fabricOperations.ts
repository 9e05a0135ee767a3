import { z } from "zod";
import type { FabricClient } from "../lib/api/fabricClient.ts";
import type { DeploymentTransaction } from "../lib/deploymentTransaction.ts";
import type { TelemetryLogger } from "../lib/telemetryLogger.ts";

/** What the steps of a deployment share. */
export interface Services {
  readonly fabric: FabricClient;
  readonly telemetry: TelemetryLogger;
}

/** What answers to creates must have before they are believed. */
const created = z.object({ id: z.string(), displayName: z.string() });

/** An object with an id, as Fabric answers creates. */
export type Created = Readonly<z.output<typeof created>>;

/**
 * Creates a workspace with telemetry, and registers its deletion with the transaction.
 * @throws FabricError when the service refuses
 */
export async function createWorkspace(
  { fabric, telemetry }: Services,
  displayName: string,
  capacityId: string | undefined,
  transaction: DeploymentTransaction,
): Promise<Created> {
  return telemetry.operation("CreateWorkspace", { name: displayName }, async () => {
    const workspace = await fabric.send({
      method: "POST",
      path: "/workspaces",
      body: { displayName, ...(capacityId && { capacityId }) },
      operation: `create workspace '${displayName}'`,
      answer: created,
    });
    await transaction.registerResource({
      resourceType: "workspace",
      resourceId: workspace.id,
      resourceName: workspace.displayName,
      cleanupFunction: ({ workspaceId }: { workspaceId: string }) =>
        fabric.send({
          method: "DELETE",
          path: `/workspaces/${workspaceId}`,
          operation: `delete workspace '${displayName}'`,
        }),
      cleanupArgs: { workspaceId: workspace.id },
    });
    telemetry.trackEvent("WorkspaceCreated", { workspaceId: workspace.id, workspaceName: displayName });
    return workspace;
  });
}

/** Gives a principal a role, to be taken back by a rollback. */
export async function addUser(
  { fabric, telemetry }: Services,
  workspaceId: string,
  user: { readonly id: string; readonly type: string; readonly role: string },
  transaction: DeploymentTransaction,
): Promise<void> {
  await telemetry.operation("AddUser", { workspaceId, role: user.role }, async () => {
    await fabric.send({
      method: "POST",
      path: `/workspaces/${workspaceId}/roleAssignments`,
      body: { principal: { id: user.id, type: user.type }, role: user.role },
      operation: `give ${user.id} the role ${user.role}`,
    });
    await transaction.registerResource({
      resourceType: "user_assignment",
      resourceId: user.id,
      resourceName: `${user.role} in ${workspaceId}`,
      cleanupFunction: ({ principalId }: { principalId: string }) =>
        fabric.send({
          method: "DELETE",
          path: `/workspaces/${workspaceId}/roleAssignments/${principalId}`,
          operation: `remove the role of ${principalId}`,
        }),
      cleanupArgs: { principalId: user.id },
    });
  });
}

/** Connects the workspace to a branch and pulls what is there, to be disconnected by a rollback. */
export async function connectGit(
  { fabric, telemetry }: Services,
  workspaceId: string,
  git: { readonly details: Record<string, string>; readonly connectionId: string },
  transaction: DeploymentTransaction,
): Promise<void> {
  await telemetry.operation("ConnectGit", { workspaceId }, async () => {
    const path = `/workspaces/${workspaceId}/git`;
    await fabric.send({
      method: "POST",
      path: `${path}/connect`,
      body: {
        gitProviderDetails: git.details,
        myGitCredentials: { source: "ConfiguredConnection", connectionId: git.connectionId },
      },
      operation: "connect the workspace to Git",
    });
    await transaction.registerResource({
      resourceType: "git_connection",
      resourceId: workspaceId,
      resourceName: git.details["repositoryName"] ?? "",
      cleanupFunction: () =>
        fabric.send({ method: "POST", path: `${path}/disconnect`, operation: "disconnect from Git" }),
      cleanupArgs: {},
    });
    const { requiredAction, remoteCommitHash } = await fabric.send({
      method: "POST",
      path: `${path}/initializeConnection`,
      body: { initializationStrategy: "PreferRemote" },
      operation: "initialise the Git connection",
      answer: z.object({ requiredAction: z.string(), remoteCommitHash: z.string().nullish() }),
    });
    if (requiredAction !== "UpdateFromGit") return;
    await fabric.send({
      method: "POST",
      path: `${path}/updateFromGit`,
      body: { remoteCommitHash, workspaceHead: null },
      operation: "update the workspace from Git",
    });
  });
}

/** Creates an item without a definition, to be deleted by a rollback. */
export async function createItem(
  { fabric, telemetry }: Services,
  workspaceId: string,
  item: { readonly displayName: string; readonly type: string },
  transaction: DeploymentTransaction,
): Promise<Created> {
  return telemetry.operation("CreateItem", { workspaceId, ...item }, async () => {
    const made = await fabric.send({
      method: "POST",
      path: `/workspaces/${workspaceId}/items`,
      body: item,
      operation: `create ${item.type} '${item.displayName}'`,
      answer: created,
    });
    await transaction.registerResource({
      resourceType: "item",
      resourceId: made.id,
      resourceName: item.displayName,
      cleanupFunction: ({ itemId }: { itemId: string }) =>
        fabric.send({
          method: "DELETE",
          path: `/workspaces/${workspaceId}/items/${itemId}`,
          operation: `delete ${item.type} '${item.displayName}'`,
        }),
      cleanupArgs: { itemId: made.id },
    });
    return made;
  });
}
