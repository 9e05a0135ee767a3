import type { Values } from "../../../lib/transactions/written.ts";
import type { Run } from "../../run/run.ts";
import { connectAgain } from "./branchChange.ts";
import type { GitInputs as Inputs, GitLink } from "./fields.ts";
import { initialize, sync, syncInitialized } from "./firstSync.ts";
import { isSameBranch, leave, leftIn, linkFor, onSameHost, readConnection } from "./link.ts";
import { isNamed } from "./pullNote.ts";
import { nameIn, readGitStatus } from "./status.ts";
import type { GitStatus } from "./status.ts";

/**
 * Syncs a workspace with its former branch if the restore has not, or if Git has taken items for other items' files: the restore
 * connects the workspace before all items have their former names, and Git goes by type and name.
 * @param before values of the intents of the transaction's writes to the connection
 * @param state the connection's resource; without properties if the stack does not hold the connection
 * @returns whether it was necessary
 */
export async function syncAgain(
  run: Run,
  workspaceId: string,
  before: Values,
  state: Partial<Inputs>,
): Promise<boolean> {
  const left = leftIn(before);
  if (!left?.head || state.repositoryName === undefined) return false;
  const { gitProviderDetails } = left;
  const inputs = { ...state, ...gitProviderDetails, workspaceId } as Inputs;
  // a restore that failed has left the workspace elsewhere
  if (!isSameBranch(gitProviderDetails, onSameHost(state as Inputs, gitProviderDetails))) return false;
  const now = await readConnection(run, workspaceId);
  const { gitConnectionState } = now;
  if (gitConnectionState !== "NotConnected" && !isSameBranch(now.gitProviderDetails, gitProviderDetails)) return false;
  const isSynced = Boolean(now.gitSyncDetails?.head);
  if (isSynced && !areCrossed(await readGitStatus(run, workspaceId))) return false;
  const { myGitCredentials } = (await run.undoOf<GitLink>("connectGit", workspaceId)) ?? linkFor(inputs);
  const link = { gitProviderDetails, myGitCredentials };
  if (isSynced) await leave(run, inputs, link);
  if (isSynced || gitConnectionState === "NotConnected") await sync(run, inputs, await connectAgain(run, inputs, link));
  else if (gitConnectionState === "Connected") await initialize(run, inputs);
  else await syncInitialized(run, inputs, false);
  return true;
}

/** Whether an item is new to Git although the branch has a file of the same type and name, whose item Git takes for deleted. */
function areCrossed({ changes }: GitStatus): boolean {
  const changed = (how: string) => changes.filter(({ workspaceChange }) => workspaceChange === how).map(nameIn);
  const deleted = changed("Deleted");
  return changed("Added").some((added) => deleted.some((name) => isNamed(added, name)));
}
