import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { roleFields, roleKind, roleShape } from "../role/roleKind.ts";

export { roleShape } from "../role/roleKind.ts";
export type { RoleAssignment } from "../role/roleKind.ts";

const roles = ["Admin", "Member", "Contributor", "Viewer"] as const;

/** A role of a user, group or service principal in a workspace. Its id is `{workspaceId}/{principalId}`. */
export const workspaceUser = roleKind({
  name: "WorkspaceUser",
  noun: "user",
  place: { in: "workspace", collection: "roleAssignments" },
  holder: "workspaceId",
  of: "workspace",
  roles,
  top: "Admin",
  compensation: "removeWorkspaceUser",
  restores: "restoreRole",
  taken: "PrincipalAlreadyHasWorkspaceRolePermissions",
  unknownPrincipal: ["PrincipalNotFound"],
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    ...roleFields(roles),
  },
});

/** The roles in a workspace, as they are now. */
export const listRoles = (run: Run, workspaceId: string) =>
  run.list(`/workspaces/${workspaceId}/roleAssignments`, "list role assignments", roleShape);

/** The roles in a workspace, asked for once in a run. */
export const listRolesOnce = (run: Run, workspaceId: string) =>
  run.listOnce(`/workspaces/${workspaceId}/roleAssignments`, "list role assignments", roleShape);
