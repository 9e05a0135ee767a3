import { capacityShape, workspaceShape } from "../../lib/api/objects.ts";
import type { Capacity, Workspace } from "../../lib/api/objects.ts";
import type { Run } from "./run.ts";

/** All workspaces that the identity can see; one list per run, until a write makes it stale. */
export const visibleWorkspaces = (run: Pick<Run, "listOnce">): Promise<readonly Workspace[]> =>
  run.listOnce("/workspaces", "list workspaces", workspaceShape);

/** All capacities that the identity can see; one list per run. */
export const visibleCapacities = (run: Pick<Run, "listOnce">): Promise<readonly Capacity[]> =>
  run.listOnce("/capacities", "list capacities", capacityShape);
