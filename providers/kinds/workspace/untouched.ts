import { sameIgnoringCase } from "../../engine/field.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";
import { listRoles } from "./workspaceUser.ts";

/**
 * Whether a workspace is as its creation left it: only the deploying identity has a role, and the workspace is empty. If the
 * answer to a create was lost, only such a workspace counts as its result: another creator may have taken the name since.
 */
export async function isUntouched(run: Run, workspaceId: string): Promise<boolean> {
  const path = `/workspaces/${workspaceId}`;
  const roles = await listRoles(run, workspaceId);
  const isOurs = roles.every(({ principal }) => !run.callerId || sameIgnoringCase(principal.id, run.callerId));
  if (!isOurs || roles.length > 1) return false;
  return (await run.list(`${path}/items`, "list items", itemShape)).length === 0;
}
