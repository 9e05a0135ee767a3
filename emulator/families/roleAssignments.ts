import type { Principal, RoleAssignment } from "../core/model.ts";
import { badRequest, created, notFound, ok, page, sameName, ServiceError, workspaceOf } from "../core/service.ts";
import type { Call, Route, Service } from "../core/service.ts";

const path = "/workspaces/{workspaceId}/roleAssignments";
const roles = ["Admin", "Member", "Contributor", "Viewer"];
const types = ["User", "Group", "ServicePrincipal", "ServicePrincipalProfile", "EntireTenant"];

/** Roles of principals in workspaces; the id of an assignment is that of its principal. */
export const roleAssignmentRoutes: readonly Route[] = [
  {
    method: "GET",
    template: path,
    handler(call, service) {
      const { id } = workspaceOf(call, service, "Viewer");
      const all = service.roles.all().filter(({ workspaceId }) => workspaceId === id);
      return page(
        call,
        service,
        all.map((role) => described(service, role)),
        `/workspaces/${id}/roleAssignments`,
      );
    },
  },
  {
    method: "POST",
    template: path,
    handler(call, service) {
      const { id: workspaceId } = workspaceOf(call, service, "Member");
      const { id: wanted, type } = (call.body["principal"] ?? {}) as { id?: string; type?: string };
      if (!wanted || !type) throw badRequest("The principal field is required.");
      if (!types.includes(type)) throw new ServiceError(400, "InvalidPrincipalType", "The principal type is invalid");
      const role = roleOf(call.body["role"]);
      const principal = service.principals.get(wanted);
      if (!principal) throw principalNotFound(workspaceId, wanted);
      const id = `${workspaceId}/${principal.id}`;
      if (service.roles.get(id)) {
        throw new ServiceError(
          409,
          "PrincipalAlreadyHasWorkspaceRolePermissions",
          "The principal already has a role in the workspace",
        );
      }
      service.roles.put({ id, workspaceId, principalId: principal.id, role });
      // the service corrects a wrong type instead of refusing it
      return created(
        { id: principal.id, principal: { id: principal.id, type: principal.type }, role },
        { Location: `https://api.fabric.microsoft.com/v1/workspaces/${workspaceId}/roleAssignments/${principal.id}` },
      );
    },
  },
  {
    method: "GET",
    template: `${path}/{principalId}`,
    handler: (call, service) => ok(described(service, assignmentOf(call, service, "Viewer"))),
  },
  {
    method: "PATCH",
    template: `${path}/{principalId}`,
    handler(call, service) {
      const assignment = assignmentOf(call, service, "Admin");
      const role = roleOf(call.body["role"]);
      if (role !== "Admin") assertNotLastAdmin(service, assignment);
      return ok(described(service, service.roles.change(assignment.id, { role })));
    },
  },
  {
    method: "DELETE",
    template: `${path}/{principalId}`,
    handler(call, service) {
      const assignment = assignmentOf(call, service, "Admin");
      assertNotLastAdmin(service, assignment);
      service.roles.delete(assignment.id);
      return ok();
    },
  },
];

function assignmentOf(call: Call, service: Service, atLeast: "Viewer" | "Admin"): RoleAssignment {
  const { id } = workspaceOf(call, service, atLeast);
  const assignment = service.roles.get(`${id}/${call.params["principalId"] ?? ""}`);
  if (!assignment) throw notFound("role assignment");
  return assignment;
}

function assertNotLastAdmin(service: Service, { id, workspaceId, role }: RoleAssignment): void {
  const isLast =
    role === "Admin" &&
    !service.roles
      .all()
      .some((other) => other.workspaceId === workspaceId && other.role === "Admin" && other.id !== id);
  if (isLast)
    throw new ServiceError(400, "WorkspaceMustHaveAdmin", "The last admin of a workspace cannot be removed or changed");
}

function roleOf(value: unknown): string {
  const role = roles.find((known) => typeof value === "string" && sameName(known, value));
  if (!role) throw new ServiceError(400, "MissingWorkspaceRole", "The role is missing or invalid");
  return role;
}

const principalNotFound = (workspaceId: string, principalId: string) =>
  new ServiceError(400, "PrincipalNotFound", "The provided principal was not found", {
    moreDetails: [{ relatedResource: { resourceId: principalId, resourceType: "Principal" } }],
    relatedResource: { resourceId: workspaceId, resourceType: "Workspace" },
  });

function described(service: Service, { principalId, role }: RoleAssignment) {
  const principal =
    service.principals.get(principalId) ?? ({ id: principalId, type: "User", displayName: "" } satisfies Principal);
  const { id, displayName, type, userPrincipalName, aadAppId } = principal;
  return {
    id,
    principal: {
      id,
      ...(displayName && { displayName }),
      type,
      ...(type === "User" && userPrincipalName && { userDetails: { userPrincipalName } }),
      ...(type === "ServicePrincipal" && aadAppId && { servicePrincipalDetails: { aadAppId } }),
      ...(type === "Group" && { groupDetails: { groupType: "SecurityGroup" } }),
    },
    role,
  };
}
