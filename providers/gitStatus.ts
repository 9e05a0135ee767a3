import { sameIgnoringCase } from "./field.ts";
import type { Run } from "./run.ts";

/** What differs between a workspace, its last synced commit (head) and the branch. */
export interface GitStatus {
  readonly workspaceHead?: string | null;
  readonly remoteCommitHash?: string | null;
  readonly changes: readonly {
    readonly itemMetadata: { readonly itemIdentifier: { readonly objectId?: string | null } };
    /** Set when the workspace differs from the head. */
    readonly workspaceChange?: "Added" | "Deleted" | "Modified" | null;
    /** Set when the branch differs from the head. */
    readonly remoteChange?: "Added" | "Deleted" | "Modified" | null;
    /** `SameChanges` where both differ from the head in the same way. */
    readonly conflictType?: "None" | "Conflict" | "SameChanges";
  }[];
}

/** The status, computed by the service; it takes a while there. */
export function readGitStatus(run: Run, workspaceId: string): Promise<GitStatus> {
  return run.get<GitStatus>(`/workspaces/${workspaceId}/git/status`, "read the Git status");
}

/** Whether an item of a connected workspace is part of the synced commit, and not only of the workspace. */
export async function isKnownToGit(run: Run, workspaceId: string, itemId: string): Promise<boolean> {
  const { changes } = await readGitStatus(run, workspaceId);
  return !changes.some(
    ({ itemMetadata, workspaceChange }) =>
      sameIgnoringCase(itemMetadata.itemIdentifier.objectId ?? undefined, itemId) && workspaceChange === "Added",
  );
}
