import { isServiceAnswer } from "../../lib/api/fabricError.ts";
import { parseStackConfig } from "../../lib/config/stackConfig.ts";
import type { Workspace } from "../../lib/api/objects.ts";
import type { Run } from "../../providers/run/run.ts";
import { liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import { planConnections, unnamedConnections } from "./connections.ts";
import type { ConnectionPlan } from "./connections.ts";
import { nameFault } from "./declarable.ts";
import { describeWorkspace } from "./description.ts";
import type { DescribedWorkspace } from "./description.ts";
import { readConnections } from "./existingConnection.ts";
import { readExistingWorkspace } from "./existingWorkspace.ts";
import type { ExistingWorkspace } from "./existingWorkspace.ts";
import { clashesOf, keysFor } from "./keys.ts";
import type { Declared } from "./keys.ts";
import { inLanes } from "./lanes.ts";
import { withProgress } from "./progress.ts";
import { selectWorkspaces } from "./selection.ts";
import type { Wanted } from "./selection.ts";
import type { Target } from "./target.ts";
import { kindKeys } from "../../providers/kinds/kinds.ts";
import { visibleWorkspaces } from "../../providers/run/visible.ts";

/** Workspaces to read in parallel. The service counts calls by identity, and slows down identities with many calls. */
const WORKSPACES_AT_ONCE = 4;

/** One workspace to import. */
export interface PlannedWorkspace {
  readonly existing: ExistingWorkspace;
  readonly key: string;
  /** The description without definitions. */
  readonly described: DescribedWorkspace;
}

/** The plan of an import. */
export interface ImportPlan {
  readonly workspaces: readonly PlannedWorkspace[];
  /** The connections that Git of the workspaces uses. */
  readonly connections: ConnectionPlan;
  /** Requested workspaces that are already part of the stack. */
  readonly managed: readonly Workspace[];
  /** Messages about the chosen keys. */
  readonly notes: readonly string[];
}

/**
 * Reads the requested workspaces and checks that they can be declared. Changes nothing.
 * @throws Error with all obstacles
 */
export async function planImport(run: Run, target: Target, wanted: Wanted): Promise<ImportPlan> {
  const { projectRoot, stack, env } = target.access;
  const visible = await withProgress(() => "Listing workspaces …", visibleWorkspaces(run));
  const { workspaces: chosen, managed } = selectWorkspaces(visible, wanted, managedIn(target));
  // what cannot be imported is refused if it was asked for, and does not stop the import of all others
  const left: string[] = [];
  const leaveOut = ({ displayName, id }: Workspace, why: string) =>
    void left.push(`Workspace '${displayName}' (${id}) is left out: ${why}`);
  const selected = chosen.filter((workspace) => {
    const fault = wanted.all ? nameFault(workspace.displayName) : undefined;
    if (fault !== undefined) leaveOut(workspace, `its name ${fault}. Rename it in Fabric to import it.`);
    return fault === undefined;
  });
  let read = 0;
  const reading = inLanes(selected, WORKSPACES_AT_ONCE, async (workspace) => {
    try {
      return [await readExistingWorkspace(run, workspace)];
    } catch (error) {
      if (!wanted.all || !isServiceAnswer(error, 400, 403, 404)) throw error;
      leaveOut(workspace, error.message);
      return [];
    } finally {
      read++;
    }
  });
  const seen = (await withProgress(() => `Reading workspaces: ${read} of ${selected.length} …`, reading)).flat();
  const declared = declaredIn(target);
  const found = seen.filter((existing) => {
    const clashes = wanted.all ? clashesOf(existing, declared) : [];
    if (clashes.length > 0) leaveOut(existing.workspace, clashes.join(" "));
    return clashes.length === 0;
  });
  const { keys, notes } = keysFor(found, declared);
  const ids = found.flatMap(({ git }) => git?.connectionId ?? []);
  const reads = readConnections(run, unnamedConnections(ids, target));
  const connections = planConnections(ids, await withProgress(() => "Reading connections …", reads), target);
  const workspaces = found.map((existing): PlannedWorkspace => {
    const key = keys.get(existing.workspace.id) ?? "";
    const options = { key, callerId: run.callerId, connections: connections.spoken };
    return { existing, key, described: describeWorkspace(existing, options) };
  });
  const entries = workspaces.map(({ described }) => described.entry);
  const raw = withEntries(target, connections, entries);
  parseStackConfig(raw, { projectRoot, stack, env, kindKeys });
  return { workspaces, connections, managed, notes: [...notes, ...left] };
}

/** The configuration of a stack, as values by key, with what is imported. */
export function withEntries(
  { raw }: Pick<Target, "raw">,
  { added }: Pick<ImportPlan["connections"], "added">,
  entries: readonly DescribedWorkspace["entry"][],
): Readonly<Record<string, unknown>> {
  const ofConnections = added.flatMap(({ entry }) => entry ?? []);
  const { connections: own = [] } = raw as { connections?: readonly unknown[] };
  return {
    ...raw,
    ...(ofConnections.length > 0 && { connections: [...own, ...ofConnections] }),
    workspaces: [...raw.workspaces, ...entries],
  };
}

/** The workspaces in the state. A workspace that failed has only a component there, and no object. */
const workspacesOf = ({ state }: Target) =>
  liveResourcesOf(state).filter(({ type }) => type.endsWith("/fabric:Workspace"));

const managedIn = (target: Target) => new Set(workspacesOf(target).map(({ id }) => (id ?? "").toLowerCase()));

/** Keys of the configuration, and keys that only the state still has. */
function declaredIn(target: Target): Declared[] {
  const inState = new Set(workspacesOf(target).map(({ urn }) => urn.split("::").at(-1) ?? ""));
  const declared = target.config.workspaces.map(({ name, displayName, adopt }) => ({
    key: name,
    adopt,
    displayName: inState.has(name) ? undefined : displayName,
  }));
  return [...declared, ...[...inState].map((key) => ({ key, displayName: undefined }))];
}
