import { defineFamily } from "../core/family.ts";
import { route, within } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, sameName, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import type { Principal } from "./identity.ts";
import { principalOf, ranks, roles, workspace } from "./workspaces.ts";
import type { Role, RoleAssignment } from "./workspaces.ts";

const types = ["User", "Group", "ServicePrincipal", "ServicePrincipalProfile", "EntireTenant"];

const assignment = (atLeast: Role): Guard<RoleAssignment> =>
  within(workspace(atLeast), "/roleAssignments/{principalId}", ({ id }, ownId, _call, service) => {
    const found = roles
      .in(service)
      .all()
      .find((role) => role.workspaceId === id && sameName(idOf(service, role.principalId), ownId));
    if (!found) throw notFound("role assignment");
    return found;
  });

/** Roles of principals in workspaces. The id of an assignment is the id of its principal. */
export const roleAssignmentFamily = defineFamily({
  name: "role assignments",
  routes: [
    route("GET", workspace("Viewer"), "/roleAssignments", ({ id }, call, service) => {
      const all = roles
        .in(service)
        .all()
        .filter(({ workspaceId }) => workspaceId === id);
      const shown = all.map((role) => described(service, role));
      return page(call, service, shown, `/workspaces/${id}/roleAssignments`);
    }),
    route("POST", workspace("Member"), "/roleAssignments", ({ id: workspaceId }, call, service) => {
      const { id: wanted, type } = (call.body["principal"] ?? {}) as { id?: string; type?: string };
      if (!wanted || !type) throw badRequest("The principal field is required.");
      if (!types.includes(type)) throw new ServiceError(400, "InvalidPrincipalType", "The principal type is invalid");
      const role = roleOf(call.body["role"]);
      const principal = principalOf(service, wanted);
      if (!principal) throw principalNotFound(workspaceId, wanted);
      assertAllowed(principal, role);
      const id = `${workspaceId}/${principal.id}`;
      if (roles.in(service).get(id)) {
        throw new ServiceError(
          409,
          "PrincipalAlreadyHasWorkspaceRolePermissions",
          "The principal already has a role in the workspace",
        );
      }
      roles.in(service).put({ id, workspaceId, principalId: principal.id, role });
      // the service corrects a wrong type instead of refusing it
      return created(
        { id: idOf(service, principal.id), principal: { id: principal.id, type: principal.type }, role },
        { Location: `https://api.fabric.microsoft.com/v1/workspaces/${workspaceId}/roleAssignments/${principal.id}` },
      );
    }),
    route("GET", assignment("Viewer"), "", (assignment, _call, service) => ok(described(service, assignment))),
    route("PATCH", assignment("Admin"), "", (assignment, call, service) => {
      const role = roleOf(call.body["role"]);
      const principal = principalOf(service, assignment.principalId);
      if (principal) assertAllowed(principal, role);
      if (role !== "Admin") assertNotLastAdmin(service, assignment);
      return ok(described(service, roles.in(service).change(assignment.id, { role })));
    }),
    route("DELETE", assignment("Admin"), "", (assignment, _call, service) => {
      assertNotLastAdmin(service, assignment);
      roles.in(service).delete(assignment.id);
      return ok();
    }),
  ],
});

function assertNotLastAdmin(service: Service, { id, workspaceId, role }: RoleAssignment): void {
  const isLast =
    role === "Admin" &&
    !roles
      .in(service)
      .all()
      .some((other) => other.workspaceId === workspaceId && other.role === "Admin" && other.id !== id);
  if (isLast)
    throw new ServiceError(400, "WorkspaceMustHaveAdmin", "The last admin of a workspace cannot be removed or changed");
}

/** The service was recorded to refuse roles of service principal profiles; which ones, no public source lists. */
function assertAllowed({ id, type }: Principal, role: string): void {
  if (type !== "ServicePrincipalProfile" || role !== "Viewer") return;
  throw new ServiceError(
    400,
    "WorkspaceRoleNotAllowedForServicePrincipalProfile",
    "The provided role cannot be assigned to the provided profile",
    { moreDetails: [{ relatedResource: { resourceId: id, resourceType: "Principal" } }] },
  );
}

function roleOf(value: unknown): string {
  const role = ranks.find((known) => typeof value === "string" && sameName(known, value));
  if (!role) throw new ServiceError(400, "MissingWorkspaceRole", "The role is missing or invalid");
  return role;
}

const principalNotFound = (workspaceId: string, principalId: string) =>
  new ServiceError(400, "PrincipalNotFound", "The provided principal was not found", {
    moreDetails: [{ relatedResource: { resourceId: principalId, resourceType: "Principal" } }],
    relatedResource: { resourceId: workspaceId, resourceType: "Workspace" },
  });

/** Id of a principal's assignment: the principal's own id, unless the lever `ownRoleIds` is on. */
const idOf = ({ levers }: Service, principalId: string) =>
  levers.ownRoleIds ? principalId.replace(/^.{8}/, "a551a551") : principalId;

function described(service: Service, { principalId, role }: RoleAssignment) {
  const principal =
    principalOf(service, principalId) ?? ({ id: principalId, type: "User", displayName: "" } satisfies Principal);
  const { id, displayName, type, userPrincipalName, aadAppId } = principal;
  return {
    id: idOf(service, id),
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
