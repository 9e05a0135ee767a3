import { isFabricError } from "../../lib/api/fabricError.ts";
import { isBehind, readGitStatus } from "../kinds/git/status.ts";
import { AS_BEFORE } from "../engine/field.ts";
import type { LazyRun } from "./lazyRun.ts";

/**
 * The commit that the program declares for a connection that follows its branch, so that preview and up show the same: the
 * commit that the workspace lacks, or {@link AS_BEFORE} if it lacks none.
 * @param otherwise the value to declare if the service cannot be asked
 */
export async function commitToPull(lazyRun: LazyRun, workspaceId: string, otherwise: string): Promise<string> {
  try {
    const run = await lazyRun.get();
    if (!run) return otherwise;
    const status = await readGitStatus(run, workspaceId);
    return isBehind(status) ? (status.remoteCommitHash ?? otherwise) : AS_BEFORE;
  } catch (error) {
    // not connected yet: the first sync brings everything
    if (isFabricError(error, "WorkspaceNotConnectedToGit")) return AS_BEFORE;
    return otherwise;
  }
}
