import type { Run } from "../run/run.ts";
import { visibleWorkspaces } from "../run/visible.ts";
import { sameIgnoringCase } from "./field.ts";

/**
 * In a rollback: the id that a workspace had before the transaction. A workspace that the rollback has made anew has the name of
 * the one from before.
 * @returns the id itself, if the stack has not lost a workspace of that name
 */
export async function formerWorkspaceId(run: Run, workspaceId: string): Promise<string> {
  const before = await run.formerObjects("Workspace");
  if (before.some(({ id }) => sameIgnoringCase(id, workspaceId))) return workspaceId;
  const now = (await visibleWorkspaces(run)).find(({ id }) => sameIgnoringCase(id, workspaceId));
  const former = before.find(({ state }) => sameIgnoringCase(String(state["displayName"]), now?.displayName));
  return former?.id ?? workspaceId;
}
