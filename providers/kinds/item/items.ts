import { itemShape } from "../../../lib/api/objects.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";

/** All items of a workspace; one list per run and workspace, until a write makes it stale. */
export const itemsOf = (run: Pick<Run, "listOnce">, workspaceId: string): Promise<readonly FabricItem[]> =>
  run.listOnce(`/workspaces/${workspaceId}/items`, "list items", itemShape);

/** All items of a workspace, as they are now. */
export const itemsNow = (run: Pick<Run, "list">, workspaceId: string): Promise<readonly FabricItem[]> =>
  run.list(`/workspaces/${workspaceId}/items`, "list items", itemShape);
