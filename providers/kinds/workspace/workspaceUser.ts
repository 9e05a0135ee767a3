import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { identifier, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, readOrGone } from "./gone.ts";
import { defineKind, Problem } from "../../engine/resourceKind.ts";
import { idShape } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";

/** What is read of a role assignment. */
export const roleShape = z.object({
  id: idShape,
  principal: z.object({
    id: idShape,
    type: z.string(),
    displayName: optional(z.string()),
    userDetails: optional(z.object({ userPrincipalName: optional(z.string()) })),
  }),
  role: z.string().min(1),
});

/** A role assignment as the service gives it; its id is the id of its principal. */
export type RoleAssignment = Readonly<z.output<typeof roleShape>>;

interface Outputs {
  /** Object id of the principal. */
  readonly principalId: string;
  /** The role the principal had before this stack gave it another; its delete gives that one back. */
  readonly adoptedRole?: string | undefined;
}

const isUserPrincipalName = (principal: string) => principal.includes("@");

/**
 * A role of a user, group or service principal in a workspace. Its id is `{workspaceId}/{principalId}`.
 * Nobody is locked out by it: the deploying identity's own role and the last Admin stay.
 */
export const workspaceUser = defineKind<Outputs>()({
  name: "WorkspaceUser",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    /** User principal name, or the object id of any principal (of a service principal: its enterprise application). */
    principal: { schema: z.string().trim().min(1), change: "replace", same: sameIgnoringCase },
    /** What the object id belongs to. A user principal name is a User. */
    type: {
      schema: z.enum(["User", "Group", "ServicePrincipal", "ServicePrincipalProfile"]).optional(),
      change: "replace",
    },
    role: { schema: z.enum(["Admin", "Member", "Contributor", "Viewer"]), change: "update" },
  },
  outputs: ["principalId", "adoptedRole"],
  title: ({ principal }) => `role of ${principal ?? "?"}`,

  derive(inputs) {
    if (inputs.type !== undefined || isUnknown(inputs.principal)) return inputs;
    if (!isUserPrincipalName(inputs.principal)) {
      throw new Problem(
        "type",
        "is needed with an object id: User, Group, ServicePrincipal or ServicePrincipalProfile",
      );
    }
    return { ...inputs, type: "User" };
  },

  async create(run, inputs) {
    const principalId = isUserPrincipalName(inputs.principal) ? await run.userId(inputs.principal) : inputs.principal;
    const id = `${inputs.workspaceId}/${principalId}`;
    const isFree = run.isNewWorkspace(inputs.workspaceId) || !(await findRole(run, inputs.workspaceId, principalId));
    try {
      const made = await run.create(
        {
          operation: "create",
          resourceType: "WorkspaceUser",
          resourceName: inputs.principal,
          compensation: { function: "removeWorkspaceUser", args: { workspaceId: inputs.workspaceId, principalId } },
        },
        {
          method: "POST",
          path: `/workspaces/${inputs.workspaceId}/roleAssignments`,
          body: { principal: { id: principalId, type: inputs.type }, role: inputs.role },
          operation: `give ${inputs.principal} the role ${inputs.role}`,
          answer: roleShape,
        },
        {
          find: () => findRole(run, inputs.workspaceId, principalId),
          wasFree: isFree,
        },
      );
      await changeRole(run, id, inputs.principal, made.role, inputs.role);
      return { id, outputs: { principalId } };
    } catch (error) {
      if (!isFabricError(error, "PrincipalAlreadyHasWorkspaceRolePermissions")) throw error;
      const before = await findRole(run, inputs.workspaceId, principalId);
      if (!before) throw error;
      const former = await run.formerState<Outputs>("WorkspaceUser", id);
      // a role of the stack's own that its delete has left: the deploying identity's, or the last Admin's
      const isOwn = former !== undefined && former.adoptedRole === undefined;
      const object = { resourceType: "WorkspaceUser", resourceName: inputs.principal, resourceId: id } as const;
      const adoptedRole = isOwn
        ? undefined
        : (await run.adopt(object, { role: former?.adoptedRole ?? before.role })).role;
      await changeRole(run, id, inputs.principal, before.role, inputs.role);
      return { id, outputs: { principalId, adoptedRole } };
    }
  },

  async read(run, id, state) {
    const { workspaceId, principal, principalId } = state;
    const now = await readOrGone(run, workspaceId, {
      listed: async () =>
        (await listRolesOnce(run, workspaceId)).find((listed) => sameIgnoringCase(listed.principal.id, principalId)),
      alone: () => run.get(pathOf(id), `read the role of ${principal}`, roleShape),
    });
    return now === "gone" ? "gone" : { inputs: { role: now.role as "Admin" } };
  },

  async update(run, id, old, inputs) {
    const now = await run.get(pathOf(id), `read the role of ${inputs.principal}`, roleShape);
    await changeRole(run, id, inputs.principal, now.role, inputs.role);
    return { principalId: old.principalId };
  },

  async delete(run, id, state) {
    if (sameIgnoringCase(state.principalId, run.callerId)) {
      run.warn(`${state.principal} is the deploying identity: its role stays, so that it is not locked out.`);
      return;
    }
    await deleteOrGone(run, state.workspaceId, async () => {
      if (state.adoptedRole !== undefined) {
        await giveBackRole(run, id, state.principal, state.adoptedRole);
        return;
      }
      if (state.role === "Admin" && (await isLastAdmin(run, id))) {
        run.warn(
          `${state.principal} is the last Admin of the workspace: the role stays, so that nobody is locked out.`,
        );
        return;
      }
      await run.write(
        {
          operation: "delete",
          resourceType: "WorkspaceUser",
          resourceName: state.principal,
          resourceId: id,
          compensation: { function: "restoreRole", args: { id, type: state.type, role: state.role } },
        },
        { method: "DELETE", path: pathOf(id), operation: `remove the role of ${state.principal}`, answer: nothing },
      );
    });
  },
});

/** @throws Error where the change would lock out the deploying identity or leave no Admin */
async function changeRole(run: Run, id: string, principal: string, from: string, to: string): Promise<void> {
  if (from === to) return;
  if (from === "Admin") {
    const isCaller = sameIgnoringCase(principalIdOf(id), run.callerId);
    if (isCaller || (await isLastAdmin(run, id))) {
      const who = isCaller
        ? "the deploying identity, which could not change it back"
        : "the last Admin of the workspace";
      throw new Error(
        `${principal} is ${who}: its role cannot become ${to}. Declare it as Admin, or make another principal Admin first.`,
      );
    }
  }
  await setRole(run, id, principal, from, to);
}

/** Gives somebody the role back that they had. @returns whether it was another */
export async function giveBackRole(run: Run, id: string, principal: string, role: string): Promise<boolean> {
  const now = await run.get(pathOf(id), `read the role of ${principal}`, roleShape);
  if (now.role === role) return false;
  await setRole(run, id, principal, now.role, role);
  return true;
}

async function setRole(run: Run, id: string, principal: string, from: string, to: string): Promise<void> {
  await run.write(
    {
      operation: "update",
      resourceType: "WorkspaceUser",
      resourceName: principal,
      resourceId: id,
      compensation: { function: "restoreRole", args: { id, role: from } },
    },
    {
      method: "PATCH",
      path: pathOf(id),
      body: { role: to },
      operation: `give ${principal} the role ${to}`,
      answer: roleShape,
    },
  );
}

/** The roles in a workspace, as they are now. */
export const listRoles = (run: Run, workspaceId: string) =>
  run.list(`/workspaces/${workspaceId}/roleAssignments`, "list role assignments", roleShape);

/** The roles in a workspace, asked for once in a run. */
export const listRolesOnce = (run: Run, workspaceId: string) =>
  run.listOnce(`/workspaces/${workspaceId}/roleAssignments`, "list role assignments", roleShape);

async function findRole(run: Run, workspaceId: string, principalId: string): Promise<RoleAssignment | undefined> {
  const roles = await listRoles(run, workspaceId);
  return roles.find(({ principal }) => sameIgnoringCase(principal.id, principalId));
}

async function isLastAdmin(run: Run, id: string): Promise<boolean> {
  const [workspaceId = ""] = id.split("/");
  const roles = await listRoles(run, workspaceId);
  return !roles.some(({ principal, role }) => role === "Admin" && !sameIgnoringCase(principal.id, principalIdOf(id)));
}

const principalIdOf = (id: string) => id.split("/")[1];

/** `{workspaceId}/{principalId}` as the service's path. */
function pathOf(id: string): string {
  const [workspaceId = "", principalId = ""] = id.split("/");
  return `/workspaces/${workspaceId}/roleAssignments/${principalId}`;
}
