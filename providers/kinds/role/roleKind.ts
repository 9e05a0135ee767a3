import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { idShape } from "../../../lib/api/objects.ts";
import { identifier, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import type { Change } from "../../engine/objectKind.ts";
import { formatId, parseId, pathOf } from "../../engine/place.ts";
import { InputError } from "../../engine/resourceKind.ts";
import { idInLog, nameInLog } from "../../engine/undo.ts";
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

/** A role assignment of the service. Its id is usually that of its principal, but the service does not promise that. */
export type RoleAssignment = Readonly<z.output<typeof roleShape>>;

interface Outputs {
  /** Object id of the principal. */
  readonly principalId: string;
  /** Id of the assignment, if it differs from the id of its principal. */
  readonly assignmentId?: string | undefined;
  /** The principal's role before this stack changed it. A delete restores that role. */
  readonly adoptedRole?: string | undefined;
}

const resourceType = "WorkspaceUser";

const isUserPrincipalName = (principal: string) => principal.includes("@");

const place = { in: "workspace", collection: "roleAssignments" } as const;

const fields = {
  workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
  /** User principal name, or the object id of any principal (of a service principal: its enterprise application). */
  principal: { schema: z.string().trim().min(1), change: "replace", same: sameIgnoringCase },
  /** Type of the principal with that object id. A user principal name is a User. */
  type: {
    schema: z.enum(["User", "Group", "ServicePrincipal", "ServicePrincipalProfile"]).optional(),
    change: "replace",
  },
  role: { schema: z.enum(["Admin", "Member", "Contributor", "Viewer"]), change: "update" },
} as const;

/**
 * A role of a user, group or service principal in a workspace. Its id is `{workspaceId}/{principalId}`.
 * A change never locks the workspace: the deploying identity's own role and the last Admin stay.
 */
export const workspaceUser = defineObjectKind<Outputs>()({
  name: resourceType,
  noun: "user",
  fields,
  place,
  shape: roleShape,
  plural: "role assignments",
  compensation: "removeWorkspaceUser",
  restores: ["restoreRole"],
  outputs: ["principalId", "assignmentId", "adoptedRole"],
  title: ({ principal }) => `role of ${principal ?? "?"}`,
  nameOf: ({ principal = "?" }) => principal,

  derive(inputs) {
    if (inputs.type !== undefined || isUnknown(inputs.principal)) return inputs;
    if (!isUserPrincipalName(inputs.principal)) {
      throw new InputError(
        "type",
        "is needed with an object id: User, Group, ServicePrincipal or ServicePrincipalProfile",
      );
    }
    return { ...inputs, type: "User" };
  },

  names: z.object({ workspaceId: idInLog, principalId: idInLog }),
  namesOf: async (run, { workspaceId, principal }) => ({
    workspaceId,
    principalId: await principalIdFor(run, principal),
  }),
  isNamed: ({ principal }, { principalId }) => sameIgnoringCase(principal.id, principalId),
  ownIdOf: ({ principal }) => principal.id,
  at: (run, id, state, call) => atItsPath(run, { id, assignmentId: state?.assignmentId }, call),

  async make(run, { principal, type, role }) {
    const id = await principalIdFor(run, principal);
    return { body: { principal: { id, type }, role }, operation: `give ${principal} the role ${role}` };
  },
  priorValues: ({ role }) => ({ role }),
  valuesOf: ({ role }) => ({ role: role as "Admin" }),
  outputsOf: (live) => ({ principalId: live.principal.id, assignmentId: ownIdOf(live) }),

  async converge(change) {
    await assertNobodyIsLockedOut(change);
    await setRole(change, change.wanted.principal, change.wanted.role);
    return {};
  },

  adoption: {
    taken: "PrincipalAlreadyHasWorkspaceRolePermissions",
    // the role of the deploying identity or of the last Admin
    mayBeLeft: true,
    before: z.object({ role: nameInLog }),
    toOutputs: ({ role }) => ({ adoptedRole: role }),
    ofState: ({ adoptedRole }) => (adoptedRole === undefined ? undefined : { role: adoptedRole }),
    async giveBack(change, { role }) {
      await setRole(change, change.wanted.principal || (parseId(place, change.id)?.id ?? ""), role);
      return false;
    },
  },

  async stays(run, id, { principal, principalId, role, adoptedRole }) {
    if (sameIgnoringCase(principalId, run.callerId))
      return `${principal} is the deploying identity: its role stays, so that it is not locked out.`;
    if (adoptedRole === undefined && role === "Admin" && (await isLastAdmin(run, id)))
      return `${principal} is the last Admin of the workspace: the role stays, so that nobody is locked out.`;
    return undefined;
  },
});

const principalIdFor = async (run: Run, principal: string) =>
  isUserPrincipalName(principal) ? run.userId(principal) : principal;

type RoleChange = Pick<
  Change<typeof fields, Outputs, RoleAssignment, { readonly role: string }>,
  "run" | "id" | "now" | "wanted" | "write"
>;

/** @throws Error if the change would lock out the deploying identity or leave no Admin */
async function assertNobodyIsLockedOut({ run, id, now, wanted }: RoleChange): Promise<void> {
  const { principal, role } = wanted;
  if (now.role === role || now.role !== "Admin") return;
  const isCaller = sameIgnoringCase(principalIdOf(id), run.callerId);
  if (!isCaller && !(await isLastAdmin(run, id))) return;
  const who = isCaller ? "the deploying identity, which could not change it back" : "the last Admin of the workspace";
  throw new Error(
    `${principal} is ${who}: its role cannot become ${role}. Declare it as Admin, or make another principal Admin first.`,
  );
}

async function setRole({ run, id, now, write }: RoleChange, principal: string, role: string): Promise<void> {
  if (now.role === role) return;
  const operation = `give ${principal} the role ${role}`;
  await atItsPath(run, { id, assignmentId: ownIdOf(now) }, (path) =>
    write({ method: "PATCH", path, body: { role }, operation, answer: roleShape }, { role }),
  );
}

/** A role assignment: the id of its resource, and the assignment's own id if that is known to differ from its principal's. */
interface Assignment {
  readonly id: string;
  readonly assignmentId?: string | undefined;
}

/** The id of an assignment, if it is not its principal's. */
const ownIdOf = ({ id, principal }: RoleAssignment) => (sameIgnoringCase(id, principal.id) ? undefined : id);

/**
 * Calls an assignment at its path. "Not found" is a statement about the id in the path only. The assignment may have another
 * id, which the list of roles shows.
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
