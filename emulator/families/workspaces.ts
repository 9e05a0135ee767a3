import { randomUUID } from "node:crypto";
import type { Workspace } from "../core/model.ts";
import {
  badRequest,
  created,
  notFound,
  ok,
  page,
  requiredText,
  sameName,
  ServiceError,
  startOperation,
  workspaceOf,
} from "../core/service.ts";
import type { Call, Route, Service } from "../core/service.ts";

/** Workspaces and capacities. */
export const workspaceRoutes: readonly Route[] = [
  {
    method: "GET",
    template: "/capacities",
    handler: (call, service) => page(call, service, service.capacities.all(), "/capacities"),
  },
  {
    method: "GET",
    template: "/capacities/{capacityId}",
    handler: (call, service) => ok(capacityOf(service, call.params["capacityId"])),
  },
  {
    method: "GET",
    template: "/workspaces",
    handler(call, service) {
      const roles = call.query.get("roles")?.split(",");
      if (roles?.some((role) => !["Admin", "Member", "Contributor", "Viewer"].includes(role))) {
        throw new ServiceError(400, "InvalidParameter", "The roles parameter is invalid");
      }
      const visible = service.workspaces.all().filter((workspace) => {
        const role = service.roles.get(`${workspace.id}/${call.caller}`)?.role;
        return role !== undefined && (!roles || roles.includes(role));
      });
      // since July 2026 some answers name capacityRegion as well; most recorded ones do not
      return page(call, service, visible.map(summary), "/workspaces");
    },
  },
  {
    method: "POST",
    template: "/workspaces",
    handler(call, service) {
      const displayName = nameOf(call, service);
      const description = descriptionOf(call);
      const capacityId = call.body["capacityId"] ? activeCapacity(service, call.body["capacityId"]) : undefined;
      const workspace = service.workspaces.put({
        id: randomUUID(),
        displayName,
        description: description ?? "",
        type: "Workspace",
        ...(capacityId && { capacityId, assignmentReads: service.levers.assignmentReads }),
        ...(typeof call.body["domainId"] === "string" && { domainId: call.body["domainId"] }),
      });
      const { id } = workspace;
      service.roles.put({ id: `${id}/${call.caller}`, workspaceId: id, principalId: call.caller, role: "Admin" });
      return created(summary(workspace), { Location: `https://api.fabric.microsoft.com/v1/workspaces/${id}` });
    },
  },
  {
    method: "GET",
    template: "/workspaces/{workspaceId}",
    handler(call, service) {
      const workspace = workspaceOf(call, service);
      const isInProgress = (workspace.assignmentReads ?? 0) > 0;
      if (isInProgress)
        service.workspaces.change(workspace.id, { assignmentReads: (workspace.assignmentReads ?? 0) - 1 });
      const region = workspace.capacityId && service.capacities.get(workspace.capacityId)?.region;
      const host = `https://${(region ?? "").toLowerCase().replace(/ /g, "")}-onelake`;
      return ok({
        ...summary(workspace),
        ...(region && {
          capacityRegion: region,
          oneLakeEndpoints: {
            blobEndpoint: `${host}.blob.fabric.microsoft.com`,
            dfsEndpoint: `${host}.dfs.fabric.microsoft.com`,
          },
        }),
        ...(workspace.identity && { workspaceIdentity: workspace.identity }),
        capacityAssignmentProgress: isInProgress ? "InProgress" : "Completed",
      });
    },
  },
  {
    method: "PATCH",
    template: "/workspaces/{workspaceId}",
    handler(call, service) {
      const { id, type } = workspaceOf(call, service, "Admin");
      if (type === "Personal")
        throw new ServiceError(400, "MyWorkspaceCantBeChanged", "My workspace cannot be changed");
      const description = descriptionOf(call);
      const displayName = call.body["displayName"] === undefined ? undefined : nameOf(call, service, id);
      return ok(
        summary(
          service.workspaces.change(id, {
            ...(displayName && { displayName }),
            ...(description !== undefined && { description }),
          }),
        ),
      );
    },
  },
  {
    method: "DELETE",
    template: "/workspaces/{workspaceId}",
    handler(call, service) {
      const { id } = workspaceOf(call, service, "Admin");
      for (const collection of [service.roles, service.folders, service.items]) {
        for (const owned of collection.all()) if (owned.workspaceId === id) collection.delete(owned.id);
      }
      service.gitConnections.delete(id);
      service.workspaces.delete(id);
      return ok();
    },
  },
  {
    method: "POST",
    template: "/workspaces/{workspaceId}/assignToCapacity",
    handler(call, service) {
      const { id } = workspaceOf(call, service, "Admin");
      if (typeof call.body["capacityId"] !== "string") throw badRequest("The capacityId field is required.");
      const capacityId = activeCapacity(service, call.body["capacityId"]);
      service.workspaces.change(id, { capacityId, assignmentReads: service.levers.assignmentReads });
      return { status: 202 };
    },
  },
  {
    method: "POST",
    template: "/workspaces/{workspaceId}/unassignFromCapacity",
    handler(call, service) {
      const { id } = workspaceOf(call, service, "Admin");
      service.workspaces.change(id, { capacityId: undefined, assignmentReads: service.levers.assignmentReads });
      return { status: 202 };
    },
  },
  {
    method: "POST",
    template: "/workspaces/{workspaceId}/provisionIdentity",
    handler(call, service) {
      const { id, identity } = workspaceOf(call, service, "Admin");
      if (identity)
        throw new ServiceError(400, "WorkspaceIdentityAlreadyExists", "The workspace has an identity already");
      return startOperation(call, service, true, () => {
        const made = { applicationId: randomUUID(), servicePrincipalId: randomUUID() };
        service.workspaces.change(id, { identity: made });
        return made;
      });
    },
  },
  {
    method: "POST",
    template: "/workspaces/{workspaceId}/deprovisionIdentity",
    handler(call, service) {
      const { id } = workspaceOf(call, service, "Admin");
      return startOperation(call, service, false, () => void service.workspaces.change(id, { identity: undefined }));
    },
  },
];

/** A workspace as lists and writes show it. */
function summary({ id, displayName, description, type, capacityId, domainId }: Workspace) {
  return {
    id,
    displayName,
    description: description ?? "",
    type,
    ...(capacityId && { capacityId }),
    ...(domainId && { domainId }),
  };
}

function nameOf(call: Call, service: Service, ownId?: string): string {
  const displayName = requiredText(call.body, "displayName", 256);
  if (sameName(displayName, "Admin monitoring"))
    throw new ServiceError(400, "WorkspaceNameIsReserved", "The name is reserved");
  // names are unique in the tenant, also among workspaces that the caller cannot see
  if (service.workspaces.all().some((other) => other.id !== ownId && sameName(other.displayName, displayName))) {
    throw new ServiceError(409, "WorkspaceNameAlreadyExists", `Workspace name already exists: ${displayName}`);
  }
  return displayName;
}

function descriptionOf(call: Call): string | undefined {
  const description = call.body["description"];
  if (description === undefined || description === null) return undefined;
  if (typeof description !== "string" || description.length > 4000)
    throw badRequest("The description must be a string of at most 4000 characters.");
  return description;
}

function capacityOf(service: Service, id: unknown) {
  const capacity = service.capacities.get(String(id));
  if (!capacity) throw new ServiceError(404, "CapacityNotFound", "The requested capacity could not be found");
  return capacity;
}

function activeCapacity(service: Service, id: unknown): string {
  const capacity = capacityOf(service, id);
  if (capacity.state !== "Active") {
    throw new ServiceError(400, "CapacityNotInActiveState", `The capacity ${capacity.displayName} is not active`);
  }
  return capacity.id;
}

/** Refuses work in a workspace whose capacity is paused: what is on it cannot be seen. */
export function assertCapacityRuns(service: Service, workspace: Workspace): void {
  if (isCapacityPaused(service, workspace)) throw notFound("item");
}

export const isCapacityPaused = (service: Service, { capacityId }: Workspace): boolean =>
  capacityId !== undefined && service.capacities.get(capacityId)?.state === "Inactive";
