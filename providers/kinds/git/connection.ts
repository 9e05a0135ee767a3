import { isFabricError } from "../../../lib/api/fabricError.ts";
import { DOUBTFUL, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { defineKind, InputError } from "../../engine/resourceKind.ts";
import type { Run } from "../../run/run.ts";
import { deleteOrGone, isWorkspaceGone, mayMeanGone } from "../../engine/gone.ts";
import { changeBranch, connectAgain } from "./branchChange.ts";
import { gitFields, intentOf, whereOf } from "./fields.ts";
import type { GitInputs as Inputs, GitLink } from "./fields.ts";
import { finish, initialize } from "./firstSync.ts";
import { connect, credentialsOf, detailsOf, disconnect, isSameBranch, readConnection, undo } from "./link.ts";
import type { Connection } from "./link.ts";
import { takeBackPulls } from "./pulled.ts";
import { pullWhereAlways } from "./pull.ts";
import { isBehind, readGitStatus } from "./status.ts";

/** Stands in the state for a connection that is initialised, and whose first sync failed: the next update syncs it. */
const NOT_SYNCED = "NotSynced";

const notConnected: Connection = { gitConnectionState: "NotConnected" };

interface Outputs {
  /** The commit that the workspace was last synced with; empty where both sides were, and nothing was synced. */
  readonly head?: string | undefined;
  /** Whether the workspace was connected like this before; it then stays connected when this resource goes. */
  readonly adopted?: boolean | undefined;
}

/**
 * The connection of a workspace to a branch. Its id is the workspace's. It is connected, initialised and synced once;
 * every way to get there starts by looking how far an earlier attempt came. Nothing is written to a side that is not
 * empty without `allowOverwrite`; items equal to the synced commit count as empty.
 */
export const gitConnection = defineKind<Outputs>()({
  name: "GitConnection",
  noun: "Git connection",
  fields: gitFields,
  place: { of: "workspace", path: "git" },
  undo,
  restores: ["connectGit", "restoreGitCredentials"],
  removal: { method: "post", path: "disconnect" },
  outputs: ["head", "adopted"],
  title: ({ repositoryName, branchName }) => `Git connection to ${repositoryName ?? "?"}, branch ${branchName ?? "?"}`,

  derive(inputs) {
    const missing = (property: "ownerName" | "organizationName" | "projectName" | "connectionId", why: string) => {
      if (inputs[property] === undefined) throw new InputError(property, `is needed for ${why}`);
    };
    if (inputs.gitProviderType === "GitHub") {
      missing("ownerName", "GitHub");
      missing("connectionId", "GitHub, which knows no automatic credentials");
    } else if (!isUnknown(inputs.gitProviderType)) {
      missing("organizationName", "AzureDevOps");
      missing("projectName", "AzureDevOps");
    }
    return { ...inputs, gitConnectionState: "ConnectedAndInitialized", newCommit: undefined };
  },

  async create(run, inputs, exists) {
    const now = run.isNewWorkspace(inputs.workspaceId) ? notConnected : await readConnection(run, inputs.workspaceId);
    const isOurs = await run.wasBegun("GitConnection", { workspaceId: inputs.workspaceId });
    const former = run.released<Outputs>("GitConnection", inputs.workspaceId);
    const isTheirs = former ? former.adopted === true : !isOurs;
    const adopted = now.gitConnectionState === "ConnectedAndInitialized" && isTheirs;
    if (now.gitConnectionState === "NotConnected") await connect(run, inputs);
    else assertSameBranch(now, inputs);
    const outputs = adopted ? { adopted } : {};
    exists({ id: inputs.workspaceId, outputs });
    const head = adopted
      ? await pullWhereAlways(run, inputs, now.gitSyncDetails?.head)
      : await finish(run, inputs, now, { refused: () => exists(null) });
    return { id: inputs.workspaceId, outputs: { ...outputs, head } };
  },

  async read(run, id, state) {
    let now: Connection;
    try {
      now = await readConnection(run, id);
    } catch (error) {
      if (mayMeanGone(error) && (await isWorkspaceGone(run, id))) return "gone";
      throw error;
    }
    if (now.gitConnectionState === "NotConnected") {
      // the run that left the branch was cut off before it was connected again: the next up does that
      const isLeft = (await run.undoOf("connectGit", id)) !== undefined;
      return isLeft ? { inputs: { gitConnectionState: now.gitConnectionState } } : "gone";
    }
    // the status takes the service a while, and only where commits are to be pulled does it matter that there are some
    const isLookedAt = state.commit !== undefined && isSameBranch(now.gitProviderDetails, state);
    const status =
      isLookedAt && now.gitConnectionState === "ConnectedAndInitialized" ? await readGitStatus(run, id) : undefined;
    const head = now.gitSyncDetails?.head ?? (state.head === "" ? "" : undefined);
    const isSynced = now.gitConnectionState !== "ConnectedAndInitialized" || head !== undefined || state.adopted;
    return {
      inputs: {
        ...detailsOf(now),
        ...((await run.undoOf("restoreGitCredentials", id)) && { connectionId: DOUBTFUL }),
        gitConnectionState: isSynced ? now.gitConnectionState : NOT_SYNCED,
        newCommit: status && isBehind(status) ? (status.remoteCommitHash ?? undefined) : undefined,
      },
      outputs: { head },
    };
  },

  async update(run, id, old, inputs) {
    let now = await readConnection(run, id);
    if (now.gitConnectionState === "NotConnected") {
      const left = await run.undoOf<GitLink>("connectGit", id);
      if (!left || isSameBranch(left.gitProviderDetails, inputs)) {
        await connect(run, inputs);
        return { head: await initialize(run, inputs) };
      }
      // only the branch that was left can tell whether the workspace holds anything that is not in Git
      await connectAgain(run, inputs, left);
      now = await readConnection(run, id);
    }
    if (!isSameBranch(now.gitProviderDetails, inputs)) return { head: await changeBranch(run, inputs, now) };
    if (!sameIgnoringCase(old.connectionId, inputs.connectionId)) await changeCredentials(run, inputs, old);
    // there was nothing to sync then: what was made since is not committed because something else changes
    const wasEmpty = old.head === "" && isSameBranch(old, inputs);
    const head = old.adopted ? now.gitSyncDetails?.head : await finish(run, inputs, now, { wasEmpty });
    return { head: await pullWhereAlways(run, inputs, head) };
  },

  giveBackValues: (run, id, { before }) => takeBackPulls(run, id, before),

  async delete(run, id, state) {
    if (state.adopted) return;
    try {
      await deleteOrGone(run, id, () => disconnect(run, id, state));
    } catch (error) {
      if (!isFabricError(error, "WorkspaceNotConnectedToGit")) throw error;
    }
  },
});

async function changeCredentials(run: Run, inputs: Inputs, old: Inputs): Promise<void> {
  const { workspaceId } = inputs;
  await run.write(
    intentOf("update", inputs, {
      function: "restoreGitCredentials",
      args: { workspaceId, connectionId: old.connectionId },
    }),
    {
      method: "PATCH",
      path: `/workspaces/${workspaceId}/git/myGitCredentials`,
      body: credentialsOf(inputs),
      operation: `change the credentials for ${whereOf(inputs)}`,
    },
  );
}

/** @throws Error where the workspace is connected to something else, which is never undone silently */
function assertSameBranch(now: Connection, inputs: Inputs): void {
  if (isSameBranch(now.gitProviderDetails, inputs)) return;
  throw new Error(
    `The workspace is connected to ${whereOf(now.gitProviderDetails)} already, and ${whereOf(inputs)} is declared. ` +
      `Disconnect it in the workspace's settings, or declare what it is connected to.`,
  );
}
