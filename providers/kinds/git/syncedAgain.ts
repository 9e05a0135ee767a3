import type { Values } from "../../../lib/transactions/written.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { connectAgain } from "./branchChange.ts";
import type { GitInputs as Inputs, GitLink } from "./fields.ts";
import { initializeConnection, syncInRollback } from "./firstSync.ts";
import { isSameBranch, leave, linkFor, readConnection, SYNCED_COMMIT } from "./link.ts";
import { readGitStatus } from "./status.ts";
import type { GitStatus } from "./status.ts";

/** The properties of a connection's resource; none if the stack does not hold the connection. */
type State = Partial<Inputs & { readonly furtherDetails: Readonly<Record<string, unknown>> }>;

/**
 * Syncs a workspace with its former branch if the restore has not, or if Git has taken items for other items' files: the restore
 * connects the workspace before all items have their former names, and Git goes by type and name.
 * @param before values of the intents of the transaction's writes to the connection
 * @returns whether it was necessary
 */
export async function syncAgain(run: Run, workspaceId: string, before: Values, state: State): Promise<boolean> {
  if (!before[SYNCED_COMMIT] || state.repositoryName === undefined) return false;
  const inputs = { ...state, workspaceId } as Inputs;
  const now = await readConnection(run, workspaceId);
  let { gitConnectionState } = now;
  if (gitConnectionState !== "NotConnected" && !isSameBranch(now.gitProviderDetails, inputs)) return false;
  if (now.gitSyncDetails?.head && !areCrossed(await readGitStatus(run, workspaceId))) return false;
  const left = await run.undoOf<GitLink>("connectGit", workspaceId);
  const isThis = left !== undefined && isSameBranch(left.gitProviderDetails, inputs);
  const link = isThis ? left : linkFor(inputs, state.furtherDetails);
  if (now.gitSyncDetails?.head) {
    await leave(run, inputs, link);
    gitConnectionState = "NotConnected";
  }
  if (gitConnectionState === "NotConnected") await connectAgain(run, inputs, link);
  else if (gitConnectionState === "Connected") await initializeConnection(run, inputs);
  if (!(await readConnection(run, workspaceId)).gitSyncDetails?.head) await syncInRollback(run, inputs);
  return true;
}

/** Whether an item is new to Git although the branch has a file of the same type and name, whose item Git takes for deleted. */
function areCrossed({ changes }: GitStatus): boolean {
  const changed = (how: string) => changes.filter(({ workspaceChange }) => workspaceChange === how);
  const deleted = changed("Deleted").map(({ itemMetadata }) => itemMetadata);
  return changed("Added").some(({ itemMetadata: added }) =>
    deleted.some(
      ({ itemType, displayName }) => itemType === added.itemType && sameIgnoringCase(displayName, added.displayName),
    ),
  );
}
