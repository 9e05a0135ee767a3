import { nothing } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { intentOf, whereOf } from "./fields.ts";
import type { GitInputs } from "./fields.ts";
import { afterPulling, beforePulling } from "./beforePull.ts";
import { isBehind, losersOf, readGitStatus } from "./status.ts";
import type { GitStatus } from "./status.ts";
import type { Run } from "../../run/run.ts";

/**
 * Brings the workspace to the branch's head, by the declared policy.
 * @param begins called after all reads, just before the pull is sent
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
      answer: nothing,
      // after its effect, the workspace's head differs from the one named here, and the service refuses a repetition
      replaySafe: true,
    },
  );
  await afterPulling(run, workspaceId, before);
  return remoteCommitHash ?? undefined;
}

/**
 * Pulls new commits if every up must pull. A rollback never pulls.
 * @returns the commit that the workspace is then synced with
 * @throws Error that names the items that would lose something
 */
export async function pullWhereAlways(
  run: Run,
  inputs: GitInputs,
  head: string | undefined,
  isRepeated = false,
): Promise<string | undefined> {
  if (inputs.commit === undefined || run.isRollback) return head;
  const status = await readGitStatus(run, inputs.workspaceId);
  // the refused pull may be a repetition of one of ours whose answer was lost
  if (!isBehind(status)) return isRepeated ? (status.workspaceHead ?? head) : head;
  const losers = losersOf(status, inputs);
  if (losers.length > 0) {
    throw new Error(
      `New commits of ${whereOf(inputs)} were not pulled, because something would be lost: ${losers.join(", ")}. ` +
        `Commit or undo the changes in the workspace, or set git.allowOverwrite: true.`,
    );
  }
  // if both sides changed, nothing is lost: they changed alike, or the workspace's side stays
  const isOnBothSides = status.changes.some(({ workspaceChange, remoteChange }) => workspaceChange && remoteChange);
  try {
    return await updateFromGit(run, inputs, status, inputs.allowOverwrite || isOnBothSides);
  } catch (error) {
    // another sync came in between, so the check for losses must be repeated
    if (isRepeated || !isFabricError(error, "WorkspaceHeadMismatch")) throw error;
    return pullWhereAlways(run, inputs, head, true);
  }
}
