import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { APPLICATION, WORKSPACE_IDENTITY } from "../../../lib/config/principal.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, unlessGoneWith } from "../../engine/gone.ts";
import { principalIdFor } from "../role/principal.ts";
import { defineKind } from "../../engine/resourceKind.ts";
import type { Run, Write } from "../../run/run.ts";
import { listRoles, listRolesOnce, roleShape } from "./workspaceUser.ts";
import type { RoleAssignment } from "./workspaceUser.ts";
import { messageOf } from "../../../lib/api/messageOf.ts";

const unlistedUser = z.object({ name: z.string(), type: z.string(), role: z.string() });

/** Roles by the id of their principal. */
type Unlisted = Readonly<Record<string, z.output<typeof unlistedUser>>>;

/**
 * The undeclared roles of a workspace. The id is the workspace's. The resource is always declared empty, so that a refresh
 * shows every undeclared role as drift, a preview shows the removals, and the next up removes exactly these. An up never
 * removes a role that no refresh has shown, the deploying identity's own role, or a role that its rights may depend on.
 */
export const unlistedUsers = defineKind<object>()({
  name: "UnlistedUsers",
  noun: "unlisted user",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    /** Declared user principal names and object ids. Ids of roles cannot stand here, because a preview may not know them. */
    listed: { schema: z.array(z.string()).transform(inOrder), change: "local" },
    /** Always empty. It is an input, so that undeclared roles show as drift. */
    unlisted: { schema: z.record(z.string(), unlistedUser).default({}), change: "update" },
  },
  place: { of: "workspace", path: "roleAssignments" },
  removal: "portal",
  outputs: [],
  title: ({ workspaceId }) => `unlisted users of workspace ${workspaceId ?? "?"}`,

  async create(run, { workspaceId, listed }) {
    if (run.isNewWorkspace(workspaceId)) return { id: workspaceId, outputs: {} };
    const { unlisted } = await findUnlisted(run, await listRoles(run, workspaceId), listed);
    const names = Object.values(unlisted).map(({ name, role }) => `${name} (${role})`);
    if (names.length > 0) {
      run.warn(
        `Not listed, although usersAuthoritative is on: ${names.join(", ")}. Refresh, and the next up removes them.`,
      );
    }
    return { id: workspaceId, outputs: {} };
  },

  read: (run, id, { listed }) =>
    unlessGoneWith(run, id, async () => {
      const roles = await listRolesOnce(run, id);
      const { unlisted, kept } = await findUnlisted(run, roles, listed);
      // if the token names no caller, one of these Admins is the deploying identity
      if (kept.length > (run.callerId === undefined ? 1 : 0)) {
        run.warn(
          `${kept.join(", ")}: Admin and not listed, but not removed, because the deploying identity may have its rights ` +
            `from there. Give it an Admin role of its own first.`,
        );
      }
      return { inputs: { unlisted } };
    }),

  async update(run, id, old, inputs) {
    const roles = await listRoles(run, id);
    const { unlisted: now } = await findUnlisted(run, roles, inputs.listed);
    for (const [principalId, shown] of Object.entries(old.unlisted)) {
      if (inputs.unlisted[principalId] || now[principalId]?.role !== shown.role) continue;
      const own = roles.find(({ principal }) => sameIgnoringCase(principal.id, principalId))?.id ?? principalId;
      const path = `/workspaces/${id}/roleAssignments/${own}`;
      const call = { method: "DELETE", path, operation: `remove the role of ${shown.name}`, answer: nothing } as const;
      await deleteOrGone(run, id, () => writeRole(run, id, shown, call, principalId));
    }
    // only a rollback of an earlier version's log declares some: those that the transaction removed
    for (const [principalId, shown] of Object.entries(inputs.unlisted)) {
      if (roles.some(({ principal }) => sameIgnoringCase(principal.id, principalId))) continue;
      await giveAgain(run, id, principalId, shown);
    }
    return {};
  },

  // the state may never have shown what the transaction has removed
  async giveBackValues(run, id, { before }) {
    const roles = await listRoles(run, id);
    const removed = Object.entries(before).flatMap(([principalId, had]) => {
      const { data } = unlistedUser.safeParse(had);
      return data ? [{ principalId, had: data }] : [];
    });
    const left: string[] = [];
    let isChanged = false;
    for (const { principalId, had } of removed) {
      const now = roles.find(({ principal }) => sameIgnoringCase(principal.id, principalId))?.role;
      if (now === undefined) {
        await giveAgain(run, id, principalId, had);
        isChanged = true;
      } else if (now !== had.role)
        left.push(`${had.name} has got the role ${now} from somebody else, which stays; before, it was ${had.role}`);
    }
    return { isChanged, left };
  },

  // nothing was made
  delete: () => Promise.resolve(),
});

const giveAgain = (run: Run, workspaceId: string, principalId: string, user: Unlisted[string]) =>
  writeRole(run, workspaceId, user, {
    method: "POST",
    path: `/workspaces/${workspaceId}/roleAssignments`,
    body: { principal: { id: principalId, type: user.type }, role: user.role },
    operation: `give ${user.name} the role ${user.role} back`,
    answer: roleShape,
    // the service refuses a second role for a principal
    replaySafe: true,
  });

/** @param removed the principal whose role the write removes: the log holds the role, for a rollback */
function writeRole(run: Run, workspaceId: string, user: Unlisted[string], call: Write, removed?: string) {
  const intent = {
    operation: "update",
    resourceType: "UnlistedUsers",
    resourceName: user.name,
    resourceId: workspaceId,
    compensation: null,
    ...(removed !== undefined && { before: { [removed]: user }, after: { [removed]: null } }),
  } as const;
  return run.write(intent, call);
}

/** Principals that have a role and are not declared. */
interface Found {
  readonly unlisted: Unlisted;
  /** Names of Admins whose role must stay. */
  readonly kept: readonly string[];
}

/** Finds undeclared roles. If names do not identify a declared user, Microsoft Graph gives the id. */
async function findUnlisted(run: Run, roles: readonly RoleAssignment[], listed: readonly string[]): Promise<Found> {
  const found = unlistedAmong(roles, listed, run.callerId);
  const nameless = listed.filter((name) => isLookedUp(name) && !roles.some((role) => isOf(role, name)));
  if (nameless.length === 0 || Object.keys(found.unlisted).length + found.kept.length === 0) return found;
  try {
    const ids = await Promise.all(nameless.map((name) => idOfListed(run, name)));
    return unlistedAmong(roles, [...listed, ...ids], run.callerId);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    // one of the found principals may be the declared one under a new name
    run.warn(`Nobody is taken for unlisted: ${messageOf(error)}`);
    return { unlisted: {}, kept: [] };
  }
}

/** Groups, service principals and applications as the program lists them, in lower case. */
const NAMED = /^(group|serviceprincipal)=(.+)$/s;
const OF_APPLICATION = APPLICATION.toLowerCase();

/** Whether only Microsoft Graph knows the id of a listed principal. */
const isLookedUp = (name: string) => name.includes("@") || NAMED.test(name) || name.startsWith(OF_APPLICATION);

function idOfListed(run: Run, name: string): Promise<string> {
  const [, type, displayName = ""] = NAMED.exec(name) ?? [];
  if (type !== undefined) return principalIdFor(run, displayName, type === "group" ? "Group" : "ServicePrincipal");
  const application = name.startsWith(OF_APPLICATION) ? name.slice(OF_APPLICATION.length) : undefined;
  return principalIdFor(run, application === undefined ? name : `${APPLICATION}${application}`, undefined);
}

/**
 * Principals that have a role and are not listed, except the deploying identity. Admins count only if the deploying identity
 * has an Admin role of its own. Otherwise its rights may come from one of these Admins (a group, for example), and the last
 * Admin may be among them.
 */
export function unlistedAmong(
  roles: readonly RoleAssignment[],
  listed: readonly string[],
  callerId: string | undefined,
): Found {
  const isCaller = (role: RoleAssignment) => callerId !== undefined && isOf(role, callerId);
  const isSafe = roles.some((role) => role.role === "Admin" && isCaller(role));
  const strangers = roles.filter((role) => !isCaller(role) && !listed.some((name) => isOf(role, name)));
  const removable = strangers.filter(({ role }) => isSafe || role !== "Admin");
  const unlisted = removable.map((one): [string, Unlisted[string]] => {
    const { principal, role } = one;
    return [principal.id.toLowerCase(), { name: nameOf(one), type: principal.type, role }];
  });
  return {
    unlisted: Object.fromEntries(unlisted),
    kept: strangers.filter((one) => !removable.includes(one)).map(nameOf),
  };
}

const isOf = ({ principal }: RoleAssignment, nameOrId: string) =>
  sameIgnoringCase(principal.id, nameOrId) ||
  sameIgnoringCase(`${WORKSPACE_IDENTITY}${principal.id}`, nameOrId) ||
  sameIgnoringCase(principal.userDetails?.userPrincipalName, nameOrId);

const nameOf = ({ principal: { id, displayName, userDetails } }: RoleAssignment) =>
  userDetails?.userPrincipalName ?? displayName ?? id;

function inOrder(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase()).sort();
}
