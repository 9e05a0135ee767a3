import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
import { isFabricError, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { identifier, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, readOrGone } from "../../engine/gone.ts";
import { formatId, parseId, pathOf } from "../../engine/place.ts";
import { createIntent, defineUndo, idInLog, nameInLog } from "../../engine/undo.ts";
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

/** A role assignment as the service gives it. Its id is that of its principal, as a rule, but nothing promises that. */
export type RoleAssignment = Readonly<z.output<typeof roleShape>>;

interface Outputs {
  /** Object id of the principal. */
  readonly principalId: string;
  /** Id of the assignment, if the service gives it one that is not its principal's. */
  readonly assignmentId?: string | undefined;
  /** The role the principal had before this stack gave it another; its delete gives that one back. */
  readonly adoptedRole?: string | undefined;
}

const isUserPrincipalName = (principal: string) => principal.includes("@");

const place = { in: "workspace", collection: "roleAssignments" } as const;

const undo = defineUndo({
  compensation: "removeWorkspaceUser",
  names: z.object({ workspaceId: idInLog, principalId: idInLog }),
  async find(run, { workspaceId, principalId }) {
    const found = await findRole(run, workspaceId, principalId);
    return found && formatId(place, { workspaceId, id: principalId });
  },
  async remove(run, id, name) {
    await deleteOrGone(run, parseId(place, id)?.workspaceId ?? "", () => removeRole(run, { id }, name, null));
    return true;
  },
  giveBack: {
    before: z.object({ role: nameInLog }),
    work: (run, id, { role }) => giveBackRole(run, { id }, parseId(place, id)?.id ?? "", role),
  },
});

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
  place,
  undo,
  restores: ["restoreRole"],
  outputs: ["principalId", "assignmentId", "adoptedRole"],
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
    const id = formatId(place, { workspaceId: inputs.workspaceId, id: principalId });
    const isFree = run.isNewWorkspace(inputs.workspaceId) || !(await findRole(run, inputs.workspaceId, principalId));
    try {
      const made = await run.create(
        createIntent({ name: "WorkspaceUser", undo }, inputs.principal, {
          workspaceId: inputs.workspaceId,
          principalId,
        }),
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
      const assignmentId = ownIdOf(made);
      await changeRole(run, { id, assignmentId }, inputs.principal, made.role, inputs.role);
      return { id, outputs: { principalId, assignmentId } };
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
      const assignmentId = ownIdOf(before);
      await changeRole(run, { id, assignmentId }, inputs.principal, before.role, inputs.role);
      return { id, outputs: { principalId, assignmentId, adoptedRole } };
    }
  },

  async read(run, id, state) {
    const { workspaceId, principal, principalId } = state;
    const now = await readOrGone(run, workspaceId, {
      listed: async () =>
        (await listRolesOnce(run, workspaceId)).find((listed) => sameIgnoringCase(listed.principal.id, principalId)),
      alone: () => readRole(run, { id, assignmentId: state.assignmentId }, principal),
    });
    return now === "gone" ? "gone" : { inputs: { role: now.role as "Admin" }, outputs: { assignmentId: ownIdOf(now) } };
  },

  async update(run, id, old, inputs) {
    const now = await readRole(run, { id, assignmentId: old.assignmentId }, inputs.principal);
    const assignmentId = ownIdOf(now);
    await changeRole(run, { id, assignmentId }, inputs.principal, now.role, inputs.role);
    return { principalId: old.principalId, assignmentId };
  },

  async delete(run, id, state) {
    if (sameIgnoringCase(state.principalId, run.callerId)) {
      run.warn(`${state.principal} is the deploying identity: its role stays, so that it is not locked out.`);
      return;
    }
    await deleteOrGone(run, state.workspaceId, async () => {
      if (state.adoptedRole !== undefined) {
        await giveBackRole(run, { id, assignmentId: state.assignmentId }, state.principal, state.adoptedRole);
        return;
      }
      if (state.role === "Admin" && (await isLastAdmin(run, id))) {
        run.warn(
          `${state.principal} is the last Admin of the workspace: the role stays, so that nobody is locked out.`,
        );
        return;
      }
      const compensation = { function: "restoreRole", args: { id, type: state.type, role: state.role } };
      await removeRole(run, { id, assignmentId: state.assignmentId }, state.principal, compensation);
    });
  },
});

/** @throws Error where the change would lock out the deploying identity or leave no Admin */
async function changeRole(
  run: Run,
  assignment: Assignment,
  principal: string,
  from: string,
  to: string,
): Promise<void> {
  if (from === to) return;
  if (from === "Admin") {
    const isCaller = sameIgnoringCase(principalIdOf(assignment.id), run.callerId);
    if (isCaller || (await isLastAdmin(run, assignment.id))) {
      const who = isCaller
        ? "the deploying identity, which could not change it back"
        : "the last Admin of the workspace";
      throw new Error(
        `${principal} is ${who}: its role cannot become ${to}. Declare it as Admin, or make another principal Admin first.`,
      );
    }
  }
  await setRole(run, assignment, principal, from, to);
}

/** Gives somebody the role back that they had. @returns whether it was another */
async function giveBackRole(run: Run, assignment: Assignment, principal: string, role: string): Promise<boolean> {
  const now = await readRole(run, assignment, principal);
  if (now.role === role) return false;
  await setRole(run, { id: assignment.id, assignmentId: ownIdOf(now) }, principal, now.role, role);
  return true;
}

async function setRole(run: Run, assignment: Assignment, principal: string, from: string, to: string): Promise<void> {
  const { id: resourceId } = assignment;
  const compensation = { function: "restoreRole", args: { id: resourceId, role: from } };
  const intent = { operation: "update", resourceType, resourceName: principal, resourceId, compensation } as const;
  const operation = `give ${principal} the role ${to}`;
  await atItsPath(run, assignment, (path) =>
    run.write(intent, { method: "PATCH", path, body: { role: to }, operation, answer: roleShape }),
  );
}

async function removeRole(
  run: Run,
  assignment: Assignment,
  principal: string,
  compensation: Intent["compensation"],
): Promise<void> {
  const { id: resourceId } = assignment;
  const intent = { operation: "delete", resourceType, resourceName: principal, resourceId, compensation } as const;
  const operation = `remove the role of ${principal}`;
  await atItsPath(run, assignment, (path) => run.write(intent, { method: "DELETE", path, operation, answer: nothing }));
}

const readRole = (run: Run, assignment: Assignment, principal: string): Promise<RoleAssignment> =>
  atItsPath(run, assignment, (path) => run.get(path, `read the role of ${principal}`, roleShape));

/** A role assignment: the id of its resource, and its own if that is known to be another than its principal's. */
interface Assignment {
  readonly id: string;
  readonly assignmentId?: string | undefined;
}

const resourceType = "WorkspaceUser";

/** The id of an assignment, if it is not its principal's. */
const ownIdOf = ({ id, principal }: RoleAssignment) => (sameIgnoringCase(id, principal.id) ? undefined : id);

/**
 * Calls an assignment at its path. "Not found" says something of the id that was given and nothing else: if nobody knew that
 * the assignment has an id of its own, the list of roles tells it.
 */
async function atItsPath<T>(
  run: Run,
  { id, assignmentId }: Assignment,
  call: (path: string) => Promise<T>,
): Promise<T> {
  const { workspaceId = "", id: principalId = "" } = parseId(place, id) ?? {};
  const pathFor = (own: string) => pathOf(place, formatId(place, { workspaceId, id: own }));
  try {
    return await call(pathFor(assignmentId ?? principalId));
  } catch (error) {
    if (!isServiceAnswer(error, 404)) throw error;
    const found = await findRole(run, workspaceId, principalId).catch(() => undefined);
    if (!found || sameIgnoringCase(found.id, assignmentId ?? principalId)) throw error;
    return call(pathFor(found.id));
  }
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
  const workspaceId = parseId(place, id)?.workspaceId ?? "";
  const roles = await listRoles(run, workspaceId);
  return !roles.some(({ principal, role }) => role === "Admin" && !sameIgnoringCase(principal.id, principalIdOf(id)));
}

const principalIdOf = (id: string) => parseId(place, id)?.id;
