import { closestName } from "../../lib/config/closestName.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import type { Workspace } from "../../lib/api/objects.ts";

/** The workspaces that a command line requests. */
export interface Wanted {
  /** Names or ids. */
  readonly workspaces: readonly string[];
  /** Every workspace that the identity sees. */
  readonly all: boolean;
}

/** The workspaces to import. */
export interface Selection {
  readonly workspaces: readonly Workspace[];
  /** Requested workspaces that are already part of the stack. */
  readonly managed: readonly Workspace[];
}

/** Whether a workspace is shared. "My workspace" and similar ones belong to the service or to one person. */
const isShared = ({ type }: Workspace) => type === "Workspace";

/**
 * Selects the requested workspaces.
 * @param visible all workspaces that the identity sees
 * @param managedIds ids of workspaces that are part of the stack
 * @throws Error with every name that matches no workspace, or several
 */
export function selectWorkspaces(
  visible: readonly Workspace[],
  wanted: Wanted,
  managedIds: ReadonlySet<string>,
): Selection {
  const problems: string[] = [];
  const named = wanted.workspaces.flatMap((nameOrId) => {
    const found = meantBy(nameOrId, visible);
    if (found.length === 0) problems.push(`${nameOrId}: ${notFound(nameOrId, visible)}`);
    if (found.length > 1) {
      const ids = found.map(({ id }) => id).join(", ");
      problems.push(`${nameOrId}: ${found.length} workspaces have this name. Give the id of one: ${ids}`);
    }
    const [only] = found;
    if (found.length === 1 && only && !isShared(only))
      problems.push(`${nameOrId}: a ${only.type} workspace cannot be deployed`);
    return found;
  });
  if (problems.length > 0) throw new Error(`Nothing was imported:\n${problems.map((line) => `  ${line}`).join("\n")}`);
  const chosen = wanted.all ? visible.filter(isShared) : visible.filter((one) => named.includes(one));
  const isManaged = ({ id }: Workspace) => managedIds.has(id.toLowerCase());
  return { workspaces: chosen.filter((one) => !isManaged(one)), managed: chosen.filter(isManaged) };
}

function meantBy(nameOrId: string, visible: readonly Workspace[]): Workspace[] {
  const byId = visible.filter(({ id }) => sameIgnoringCase(id, nameOrId));
  return byId.length > 0 ? byId : visible.filter(({ displayName }) => sameIgnoringCase(displayName, nameOrId));
}

function notFound(nameOrId: string, visible: readonly Workspace[]): string {
  const names = visible.map(({ displayName }) => displayName);
  const meant = closestName(nameOrId, names);
  const hint = meant ? `; did you mean ${meant}?` : ". The identity sees only workspaces in which it has a role.";
  return `none of the workspaces that the deploying identity sees (${visible.length}) has this name or id${hint}`;
}
