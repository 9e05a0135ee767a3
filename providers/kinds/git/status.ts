import { z } from "zod";
import { isDataBearing } from "../../../lib/api/itemType.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";

/** What is read of a Git status. */
const statusShape = z.object({
  workspaceHead: z.string().nullish(),
  remoteCommitHash: z.string().nullish(),
  changes: z.array(
    z.object({
      itemMetadata: z.object({
        itemIdentifier: z.object({ objectId: z.string().nullish() }),
        itemType: z.string(),
        displayName: z.string(),
      }),
      /** Set if the workspace differs from the head: `Added`, `Deleted` or `Modified`. */
      workspaceChange: z.string().nullish(),
      /** Set if the branch differs from the head, with the same values. */
      remoteChange: z.string().nullish(),
      /** `None`, `Conflict`, or `SameChanges` if both differ from the head in the same way. */
      conflictType: z.string().nullish(),
    }),
  ),
});

/** The differences between a workspace, its last synced commit (head) and the branch. */
export type GitStatus = Readonly<z.output<typeof statusShape>>;

/** The item or file that a change is about, by type and name. */
export const nameIn = ({ itemMetadata: { itemType: type, displayName } }: GitStatus["changes"][number]) => ({
  type,
  displayName,
});

/** The status. The service takes a while to compute it. */
export function readGitStatus(run: Run, workspaceId: string): Promise<GitStatus> {
  return run.get(`/workspaces/${workspaceId}/git/status`, "read the Git status", statusShape);
}

/** Whether an item of a connected workspace is part of the synced commit, and not only of the workspace. */
export async function isKnownToGit(run: Run, workspaceId: string, itemId: string): Promise<boolean> {
  const { changes } = await readGitStatus(run, workspaceId);
  return !changes.some(
    ({ itemMetadata, workspaceChange }) =>
      sameIgnoringCase(itemMetadata.itemIdentifier.objectId ?? undefined, itemId) && workspaceChange === "Added",
  );
}

/** Whether the branch has changes that the workspace lacks. New commits elsewhere in the repository do not count. */
export const isBehind = ({ changes }: GitStatus): boolean => changes.some(({ remoteChange }) => Boolean(remoteChange));

/**
 * Items that would lose something if the branch's changes came into the workspace, each with its reason. Changes made in the
 * workspace exist nowhere else, and no commit restores the data of a deleted lakehouse.
 */
export function losersOf(
  { changes }: GitStatus,
  policy: { readonly initializationStrategy: string; readonly allowOverwrite: boolean },
): string[] {
  if (policy.allowOverwrite) return [];
  return changes.flatMap(({ itemMetadata: { itemType, displayName }, workspaceChange, remoteChange, conflictType }) => {
    const what = `${itemType} '${displayName}'`;
    const isConflict = workspaceChange && remoteChange && conflictType !== "SameChanges";
    if (isConflict && policy.initializationStrategy === "PreferRemote") return [`${what} was changed in the workspace`];
    const isDeletedThereOnly = remoteChange === "Deleted" && !workspaceChange;
    return isDeletedThereOnly && isDataBearing(itemType) ? [`${what} was deleted in the branch, and holds data`] : [];
  });
}
