import { isFabricError } from "../../../lib/api/fabricError.ts";
import { intentOf, whereOf } from "./fields.ts";
import type { GitInputs } from "./fields.ts";
import { beforePulling } from "./pulled.ts";
import { isBehind, losersOf, readGitStatus } from "./status.ts";
import type { GitStatus } from "./status.ts";
import type { Run } from "../../run/run.ts";

/**
 * Brings the workspace to the branch's head, by the declared policy.
 * @param begins called when everything was read that is to be known before, and the pull is about to be sent
 */
export async function updateFromGit(
  run: Run,
  inputs: GitInputs,
  { workspaceHead, remoteCommitHash }: Pick<GitStatus, "workspaceHead" | "remoteCommitHash">,
  allowOverrideItems: boolean,
  begins?: () => void,
): Promise<string | undefined> {
  const { workspaceId, initializationStrategy: conflictResolutionPolicy } = inputs;
  const before = await beforePulling(run, inputs, remoteCommitHash);
  begins?.();
  await run.write(
    { ...intentOf("update", inputs, null), before },
    {
      method: "POST",
      path: `/workspaces/${workspaceId}/git/updateFromGit`,
      body: {
        remoteCommitHash,
        workspaceHead: workspaceHead || null,
        conflictResolution: { conflictResolutionType: "Workspace", conflictResolutionPolicy },
        options: { allowOverrideItems },
      },
      operation: `update the workspace from ${whereOf(inputs)}`,
      // once it has had its effect, the workspace's head is another than the one that is named here, and it is refused
      replaySafe: true,
    },
  );
  return remoteCommitHash ?? undefined;
}

/**
 * Pulls new commits where every up is to do that; a rollback never does.
 * @returns the commit that the workspace is synced with then
 * @throws Error naming the items that would lose something
 */
export async function pullWhereAlways(
  run: Run,
  inputs: GitInputs,
  head: string | undefined,
  isRepeated = false,
): Promise<string | undefined> {
  if (inputs.commit === undefined || run.isRollback) return head;
  const status = await readGitStatus(run, inputs.workspaceId);
  // the pull that was refused may have followed one of ours whose answer was lost
  if (!isBehind(status)) return isRepeated ? (status.workspaceHead ?? head) : head;
  const losers = losersOf(status, inputs);
  if (losers.length > 0) {
    throw new Error(
      `New commits of ${whereOf(inputs)} were not pulled, because something would be lost: ${losers.join(", ")}. ` +
        `Commit or undo the changes in the workspace, or set git.allowOverwrite: true.`,
    );
  }
  // where both sides changed, nothing is lost: they changed alike, or the workspace's side stays
  const isOnBothSides = status.changes.some(({ workspaceChange, remoteChange }) => workspaceChange && remoteChange);
  try {
    return await updateFromGit(run, inputs, status, inputs.allowOverwrite || isOnBothSides);
  } catch (error) {
    // somebody synced meanwhile: what may be lost is looked at again
    if (isRepeated || !isFabricError(error, "WorkspaceHeadMismatch")) throw error;
    return pullWhereAlways(run, inputs, head, true);
  }
}
