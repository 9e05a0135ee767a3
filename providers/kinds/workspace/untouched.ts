import { sameIgnoringCase } from "../../engine/field.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";
import { listRoles } from "./workspaceUser.ts";

/**
 * Whether a workspace is as its creation leaves it: nobody but the deploying identity has a role, and nothing is in it.
 * Where the answer to a creation was lost, only such a workspace can be taken for the one that was created: somebody else
 * may have made one of the same name since.
 */
export async function isUntouched(run: Run, workspaceId: string): Promise<boolean> {
  const path = `/workspaces/${workspaceId}`;
  const roles = await listRoles(run, workspaceId);
  const isOurs = roles.every(({ principal }) => !run.callerId || sameIgnoringCase(principal.id, run.callerId));
  if (!isOurs || roles.length > 1) return false;
  return (await run.list(`${path}/items`, "list items", itemShape)).length === 0;
}
