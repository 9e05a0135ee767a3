import { z } from "zod";
import type { FabricError } from "../../lib/api/fabricError.ts";
import { idShape } from "../../lib/api/objects.ts";
import type { Run } from "../run/run.ts";

/*
 * `InsufficientPrivileges` says that a role is missing, or that the object is gone. What the deploying identity has in the
 * workspace tells which.
 */

const roleShape = z.object({ principal: z.object({ id: idShape }), role: z.string() });

/** The refusal with advice by the role that the deploying identity has in the workspace, if that can be read. */
export async function namingRole(run: Run, workspaceId: string, refusal: FabricError): Promise<FabricError> {
  if (refusal.errorCode !== "InsufficientPrivileges" || run.callerId === undefined) return refusal;
  // many objects of a workspace are refused for one reason
  const advice = await run
    .lately(`own role in ${workspaceId}`, () => run.finishing(() => adviceFor(run, workspaceId)))
    .catch(() => undefined);
  return advice === undefined ? refusal : refusal.withRemedy(advice);
}

async function adviceFor(run: Run, workspaceId: string): Promise<string> {
  const roles = await run.list(`/workspaces/${workspaceId}/roleAssignments`, "list role assignments", roleShape);
  const own = roles.find(({ principal }) => principal.id.toLowerCase() === run.callerId?.toLowerCase())?.role;
  if (own === undefined)
    return (
      "The deploying identity has no role of its own in the workspace, only what a group may give it: an Admin of the workspace " +
      "can give it one."
    );
  return own === "Admin"
    ? "The deploying identity is Admin of the workspace, which is enough for all that is in it: the object is gone, or rights of " +
        "its own or a setting of the tenant forbid this."
    : `The deploying identity is ${own} of the workspace: an Admin of it can give it a higher role, if the object is not gone.`;
}
