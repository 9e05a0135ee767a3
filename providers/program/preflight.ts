import { z } from "zod";
import { optional } from "../../lib/api/answer.ts";
import { principalKey } from "../../lib/config/principal.ts";
import type { DeclaredPrincipal } from "../../lib/config/principal.ts";
import { isDisplayName, isUserPrincipalName, principalIdFor } from "../kinds/role/principal.ts";
import { isFabricError, isServiceAnswer } from "../../lib/api/fabricError.ts";
import type { WorkspaceConfig } from "../../lib/config/stackConfig.ts";
import { capacityProblem } from "../kinds/workspace/capacity.ts";
import { sameIgnoringCase } from "../engine/field.ts";
import { mayMeanGone } from "../engine/gone.ts";
import { idShape } from "../../lib/api/objects.ts";
import type { FabricItem, Workspace } from "../../lib/api/objects.ts";
import type { Run } from "../run/run.ts";
import { roleShape } from "../kinds/workspace/workspaceUser.ts";
import type { RoleAssignment } from "../kinds/workspace/workspaceUser.ts";
import { visibleCapacities, visibleWorkspaces } from "../run/visible.ts";
import { itemsOf } from "../kinds/item/items.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/*
 * `fabric:preflight`: finds in advance what an up is certain to fail at. Checks cover only objects to be created, because
 * the program knows no other changes. A check that cannot be done is reported, and stops nothing.
 */

/** A preview's plan for the objects of one workspace: ids of managed objects, undefined for objects to be made. */
export interface Planned {
  readonly workspaceId: string | undefined;
  /** In the order of the configuration, as are the items. */
  readonly users: readonly (string | undefined)[];
  /** Absent if no Git connection is declared. */
  readonly git?: { readonly id: string | undefined };
  readonly items: readonly (string | undefined)[];
}

/** An object of a workspace's configuration: the workspace, its Git connection, or a user or item by position. */
export type Subject = "workspace" | "git" | { readonly user: number } | { readonly item: number };

/** A fault of the configuration, or a check that could not be done. */
export interface Finding {
  readonly about: Subject;
  /** An up is certain to fail at it. */
  readonly isCertain: boolean;
  readonly message: string;
}

/** Input of the checks. */
export interface Asked {
  readonly config: WorkspaceConfig;
  readonly planned: Planned;
  /** Name of a capacity that the stack makes itself. */
  readonly ownCapacity?: string | undefined;
  /** Ids of everything that the stack manages, in lower case. */
  readonly managedIds: ReadonlySet<string>;
}

/** The findings for one workspace of the configuration. A run reads each list once. */
export async function findProblems(run: Run, asked: Asked): Promise<Finding[]> {
  const { config, planned } = asked;
  const checks: Promise<Finding[]>[] = [
    warnOnError("workspace", () => capacityFindings(run, asked)),
    warnOnError("workspace", () => workspaceFindings(run, asked)),
    ...config.users.map(async ({ principal, type }, user) =>
      planned.users[user] === undefined && isLookedUp(principal, type)
        ? warnOnError({ user }, () => personFindings(run, user, principalText(principal), type))
        : [],
    ),
  ];
  if (config.git?.connectionId !== undefined && planned.git?.id === undefined) {
    const { connectionId, gitProviderType } = config.git;
    checks.push(warnOnError("git", () => connectionFindings(run, connectionId, gitProviderType)));
  }
  return (await Promise.all(checks)).flat();
}

/** Checks the name of the workspace and, if it exists, its content. */
async function workspaceFindings(run: Run, asked: Asked): Promise<Finding[]> {
  const there = await existing(run, asked);
  const ofName = nameFindings(asked, there);
  if (!there || (asked.planned.workspaceId === undefined && !asked.config.adopt)) return ofName;
  const inside = await Promise.all([
    warnOnError("workspace", () => roleFindings(run, asked, there)),
    warnOnError("workspace", () => itemFindings(run, asked, there)),
  ]);
  return [...ofName, ...inside.flat()];
}

/** The managed workspace, or the one with the declared name. */
async function existing(run: Run, { config, planned }: Asked): Promise<Workspace | undefined> {
  const isMeant = ({ id, displayName }: Workspace) =>
    planned.workspaceId === undefined
      ? sameIgnoringCase(displayName, config.displayName)
      : sameIgnoringCase(id, planned.workspaceId);
  return (await visibleWorkspaces(run)).find(isMeant);
}

/** A new workspace needs a free name; a managed one must exist. */
export function nameFindings({ config, planned, managedIds }: Asked, there: Workspace | undefined): Finding[] {
  const name = `Workspace '${config.displayName}'`;
  if (planned.workspaceId !== undefined) {
    return there
      ? []
      : warning(
          "workspace",
          `${name} is not among those that this identity sees. npm run refresh finds out whether it is gone.`,
        );
  }
  // the same up renames or deletes an object of the stack itself that has the name
  if (!there || config.adopt || managedIds.has(there.id.toLowerCase())) return [];
  return certain(
    "workspace",
    `${name} exists already (${there.id}). Set adopt: true to manage it, import it (npm run import), or choose another displayName.`,
  );
}

async function capacityFindings(run: Run, { config, planned, ownCapacity }: Asked): Promise<Finding[]> {
  const { capacity } = config;
  if (capacity === undefined || sameIgnoringCase(capacity, ownCapacity)) return [];
  const problem = capacityProblem(await visibleCapacities(run), capacity);
  if (problem === undefined) return [];
  const isNeeded = [planned.workspaceId, ...planned.items, ...(planned.git ? [planned.git.id] : [])].includes(
    undefined,
  );
  return [{ about: "workspace", isCertain: isNeeded, message: problem }];
}

/** Whether only Microsoft Graph knows the id of a principal. */
const isLookedUp = (principal: DeclaredPrincipal, type: string | undefined) =>
  typeof principal === "string"
    ? isUserPrincipalName(principal) || isDisplayName(principal, type)
    : "applicationId" in principal;

const principalText = (principal: DeclaredPrincipal) =>
  typeof principal === "string" ? principal : principalKey(principal);

async function personFindings(run: Run, user: number, principal: string, type: string | undefined): Promise<Finding[]> {
  try {
    await principalIdFor(run, principal, type);
    return [];
  } catch (error) {
    // an unknown or ambiguous name; other refusals by Microsoft Graph say nothing about the name
    const isOfName = isServiceAnswer(error, 404) || !isFabricError(error);
    if (!isOfName || !(error instanceof Error)) throw error;
    return certain({ user }, error.message);
  }
}

/** The types of connections that hold the credentials of a Git provider. */
const connectionTypes = { GitHub: "GitHubSourceControl", AzureDevOps: "AzureDevOpsSourceControl" } as const;

/** What is read of a connection. */
const connectionShape = z.object({
  id: idShape,
  displayName: optional(z.string()),
  connectionDetails: optional(z.object({ type: optional(z.string()) })),
});

/**
 * The list contains the connections that the caller may use. A connection that it lacks is read by itself, because only both
 * are proof.
 */
async function connectionFindings(run: Run, id: string, provider: keyof typeof connectionTypes): Promise<Finding[]> {
  try {
    const listed = await run.listOnce("/connections", "list connections", connectionShape);
    const { displayName, connectionDetails } =
      listed.find((connection) => sameIgnoringCase(connection.id, id)) ??
      (await run.get(`/connections/${id}`, `read connection ${id}`, connectionShape));
    const type = connectionDetails?.type;
    if (type === undefined || type === connectionTypes[provider]) return [];
    return warning(
      "git",
      `Connection '${displayName ?? id}' is of type ${type}; ${provider} needs ${connectionTypes[provider]}.`,
    );
  } catch (error) {
    if (!mayMeanGone(error)) throw error;
    const who =
      run.callerId === undefined ? "the deploying identity" : `the deploying identity (object id ${run.callerId})`;
    return certain(
      "git",
      `Connection ${id} does not exist, or is not shared with ${who}. Give it the role User on it, or check git.connectionId.`,
    );
  }
}

const ranks = ["Viewer", "Contributor", "Member", "Admin"];

/** The role that the declaration needs, and why: see https://learn.microsoft.com/en-us/fabric/get-started/roles-workspaces */
function neededRole({ config, planned }: Asked): { readonly role: string; readonly why: string } | undefined {
  const newRoles = config.users.filter((_, index) => planned.users[index] === undefined).map(({ role }) => role);
  if (planned.git && planned.git.id === undefined) return { role: "Admin", why: "connecting it to Git" };
  if (newRoles.includes("Admin")) return { role: "Admin", why: "making others Admin" };
  if (newRoles.length > 0) return { role: "Member", why: "giving roles" };
  if (planned.items.includes(undefined)) return { role: "Contributor", why: "making items" };
  return undefined;
}

async function roleFindings(run: Run, asked: Asked, { id, displayName }: Workspace): Promise<Finding[]> {
  const needed = neededRole(asked);
  if (!needed || run.callerId === undefined) return [];
  const path = `/workspaces/${id}/roleAssignments`;
  const roles = await run.listOnce(path, `list the roles in workspace '${displayName}'`, roleShape);
  return rightsFindings(roles, run.callerId, displayName, needed);
}

/** Checks the rights of the deploying identity. Roles that it has through a group are not visible. */
export function rightsFindings(
  roles: readonly RoleAssignment[],
  callerId: string,
  workspace: string,
  needed: { readonly role: string; readonly why: string },
): Finding[] {
  const isEnough = ({ role }: RoleAssignment) => ranks.indexOf(role) >= ranks.indexOf(needed.role);
  const own = roles.find(({ principal }) => sameIgnoringCase(principal.id, callerId));
  if (!own || isEnough(own)) return [];
  const isCertain = !roles.some((role) => role.principal.type === "Group" && isEnough(role));
  const byGroup = isCertain ? "" : ", unless it has that by one of the groups";
  return [
    {
      about: "workspace",
      isCertain,
      message:
        `The deploying identity is ${own.role} of workspace '${workspace}', and ${needed.why} needs ${needed.role}${byGroup}. ` +
        `An Admin of the workspace can give it that role.`,
    },
  ];
}

async function itemFindings(run: Run, asked: Asked, { id }: Workspace): Promise<Finding[]> {
  return asked.planned.items.includes(undefined) ? takenItems(asked, await itemsOf(run, id)) : [];
}

/** Finds new items whose name belongs to another item of the type. */
export function takenItems({ config, planned, managedIds }: Asked, items: readonly FabricItem[]): Finding[] {
  return config.items.flatMap(({ type, displayName, adopt }, index) => {
    // an item that came from Git is adopted
    if (planned.items[index] !== undefined || adopt || config.git) return [];
    const taken = items.find((item) => item.type === type && sameIgnoringCase(item.displayName, displayName));
    if (!taken || managedIds.has(`${taken.workspaceId}/${taken.id}`.toLowerCase())) return [];
    const exists = `${type} '${displayName}' exists already in the workspace (${taken.id}).`;
    const remedy = "Set adopt: true to manage it, or choose another displayName.";
    // a replaced item looks like a new one here; a workspace that is being adopted has no managed items yet
    const isCertain = planned.workspaceId === undefined;
    const unless = isCertain ? "" : "Unless this very deployment replaces it: ";
    return [{ about: { item: index }, isCertain, message: `${exists} ${unless}${remedy}` }];
  });
}

const certain = (about: Subject, message: string): Finding[] => [{ about, isCertain: true, message }];
const warning = (about: Subject, message: string): Finding[] => [{ about, isCertain: false, message }];

/** Turns a failed check into a warning. */
async function warnOnError(about: Subject, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return warning(about, `Not checked before: ${messageOf(error)}`);
  }
}
