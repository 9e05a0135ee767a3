import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { idShape } from "../../../lib/api/objects.ts";
import { profileRoleProblem } from "../../../lib/config/principal.ts";
import { isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import type { Fields } from "../../engine/field.ts";
import { mayMeanGone } from "../../engine/gone.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import type { Change } from "../../engine/objectKind.ts";
import { collectionPath, formatId, parseId, pathOf } from "../../engine/place.ts";
import type { Place } from "../../engine/place.ts";
import { InputError } from "../../engine/resourceKind.ts";
import type { ResourceKind } from "../../engine/resourceKind.ts";
import { idInLog, nameInLog } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { isServicePrincipal, isUserPrincipalName, oncePrincipalIsKnown, principalIdFor } from "./principal.ts";

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

/** Outputs of a role. */
export interface Outputs {
  /** Object id of the principal. */
  readonly principalId: string;
  /** Id of the assignment, if it differs from the id of its principal. */
  readonly assignmentId?: string | undefined;
  /** The principal's role before this stack changed it. A delete restores that role. */
  readonly adoptedRole?: string | undefined;
}

/** A family of roles: those in workspaces, or those in connections. */
export interface RoleFamily<F extends Fields> {
  /** `WorkspaceUser`: a part of the resources' type, and so of every state. */
  readonly name: string;
  /** `user`. */
  readonly noun: string;
  readonly place: Place & { readonly in: string };
  /** Input with the id of the object that the roles are in. */
  readonly holder: "workspaceId" | "connectionId";
  /** The object in words: `workspace`. */
  readonly of: string;
  readonly roles: readonly [string, ...string[]];
  /** The role of which one must remain. */
  readonly top: string;
  readonly compensation: string;
  readonly restores: string;
  /** Code by which the service refuses a second role of a principal. @default its refusal tells nothing: it is looked first */
  readonly taken?: string;
  /** Codes by which the service refuses a principal that it does not know. */
  readonly unknownPrincipal: readonly string[];
  /** Inputs, with `principal`, `type` and `role` among them. */
  readonly fields: F;
}

/** Inputs that all roles have. */
export const roleFields = <const R extends readonly [string, ...string[]]>(roles: R) =>
  ({
    /**
     * User principal name, display name of a group or service principal, `applicationId=ID`, `workspaceIdentity=OBJECT_ID`, or
     * the object id of any principal (of a service principal: its enterprise application).
     */
    principal: { schema: z.string().trim().min(1), change: "replace", same: sameIgnoringCase },
    /** Type of the principal with that name or object id. A user principal name is a User. */
    type: {
      schema: z.enum(["User", "Group", "ServicePrincipal", "ServicePrincipalProfile"]).optional(),
      change: "replace",
    },
    role: { schema: z.enum(roles), change: "update" },
  }) as const;

type RoleFields = ReturnType<typeof roleFields>;
interface Before {
  readonly role: string;
}
type RoleChange = Pick<Change<RoleFields, Outputs, RoleAssignment, Before>, "run" | "id" | "now" | "wanted" | "write">;

/** Declares the roles of one family. A change never locks their object: the deploying identity's own role and the last of the top role stay. */
export function roleKind<const F extends Fields>(family: RoleFamily<F>): ResourceKind<F, Outputs> {
  const { place, holder, of, top } = family;
  const holderOf = (id: string) => String(parseId(place, id)?.[holder] ?? "");

  const made = defineObjectKind<Outputs>()({
    name: family.name,
    noun: family.noun,
    fields: family.fields as unknown as RoleFields,
    place,
    shape: roleShape,
    plural: "role assignments",
    compensation: family.compensation,
    restores: [family.restores],
    outputs: ["principalId", "assignmentId", "adoptedRole"],
    title: ({ principal }) => `role of ${principal ?? "?"}`,
    nameOf: ({ principal = "?" }) => principal,

    derive(inputs) {
      if (inputs.type !== undefined || isUnknown(inputs.principal)) return inputs;
      if (isServicePrincipal(inputs.principal)) return { ...inputs, type: "ServicePrincipal" };
      if (!isUserPrincipalName(inputs.principal)) {
        throw new InputError(
          "type",
          "is needed with an object id: User, Group, ServicePrincipal or ServicePrincipalProfile",
        );
      }
      return { ...inputs, type: "User" };
    },

    refusesNew({ type, role }) {
      const problem = profileRoleProblem(type, role);
      return problem?.isCertain ? new InputError("role", problem.message) : undefined;
    },

    names: z.object({ [holder]: idInLog, principalId: idInLog }) as unknown as z.ZodType<{ principalId: string }>,
    namesOf: async (run, inputs) => ({
      [holder]: Reflect.get(inputs, holder) as string,
      principalId: await principalIdFor(run, inputs.principal, inputs.type),
    }),
    isNamed: ({ principal }, { principalId }) => sameIgnoringCase(principal.id, principalId),
    ownIdOf: ({ principal }) => principal.id,
    comesWithHolder: (run, { principalId }) => sameIgnoringCase(principalId, run.callerId),
    at: (run, id, state, call) => atItsPath(run, place, { id, assignmentId: state?.assignmentId }, call),

    async make(run, { principal, type, role }) {
      const id = await principalIdFor(run, principal, type);
      return { body: { principal: { id, type }, role }, operation: `give ${principal} the role ${role}` };
    },
    making: (run, { principal }, work) => oncePrincipalIsKnown(run, principal, family.unknownPrincipal, work),
    priorValues: ({ role }) => ({ role }),
    valuesOf: ({ role }) => ({ role: role }),
    outputsOf: (live) => ({ principalId: live.principal.id, assignmentId: ownIdOf(live) }),

    async converge(change) {
      await assertNobodyIsLockedOut(change);
      await setRole(change, change.wanted.principal, change.wanted.role);
      return {};
    },

    adoption: {
      ...(family.taken === undefined ? { looksFirst: true } : { taken: family.taken }),
      // the role of the deploying identity or of the last one with the top role
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
      if (adoptedRole === undefined && role === top && (await isLastOfTop(run, id)))
        return `${principal} is the last ${top} of the ${of}: the role stays, so that nobody is locked out.`;
      return undefined;
    },
  });

  /** @throws Error if the change would lock out the deploying identity or leave nobody with the top role */
  async function assertNobodyIsLockedOut({ run, id, now, wanted }: RoleChange): Promise<void> {
    const { principal, role } = wanted;
    if (now.role === role || now.role !== top) return;
    const isCaller = sameIgnoringCase(principalIdOf(id), run.callerId);
    if (!isCaller && !(await isLastOfTop(run, id))) return;
    const who = isCaller ? "the deploying identity, which could not change it back" : `the last ${top} of the ${of}`;
    throw new Error(
      `${principal} is ${who}: its role cannot become ${role}. Declare it as ${top}, or make another principal ${top} first.`,
    );
  }

  async function setRole({ run, id, now, write }: RoleChange, principal: string, role: string): Promise<void> {
    if (now.role === role) return;
    const operation = `give ${principal} the role ${role}`;
    await atItsPath(run, place, { id, assignmentId: ownIdOf(now) }, (path) =>
      write({ method: "PATCH", path, body: { role }, operation, answer: roleShape }, { role }),
    );
  }

  async function isLastOfTop(run: Run, id: string): Promise<boolean> {
    const roles = await run.list(collectionPath(place, { [holder]: holderOf(id) }), "list role assignments", roleShape);
    return !roles.some(({ principal, role }) => role === top && !sameIgnoringCase(principal.id, principalIdOf(id)));
  }

  const principalIdOf = (id: string) => parseId(place, id)?.id;

  return made as unknown as ResourceKind<F, Outputs>;
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
  place: Place,
  { id, assignmentId }: Assignment,
  call: (path: string) => Promise<T>,
): Promise<T> {
  const { id: principalId = "", ...holder } = parseId(place, id) ?? {};
  const pathFor = (own: string) => pathOf(place, formatId(place, { ...holder, id: own }));
  try {
    return await call(pathFor(assignmentId ?? principalId));
  } catch (error) {
    if (!isServiceAnswer(error, 404)) throw error;
    const roles = run.list(collectionPath(place, holder), "list role assignments", roleShape);
    const found = await roles.then(
      (all) => all.find(({ principal }) => sameIgnoringCase(principal.id, principalId)),
      (failure: unknown) => {
        // a list that failed otherwise does not tell whether the role is there under another id
        if (!mayMeanGone(failure)) throw failure;
        return undefined;
      },
    );
    if (!found || sameIgnoringCase(found.id, assignmentId ?? principalId)) throw error;
    return call(pathFor(found.id));
  }
}
