import { isFabricError } from "../../../lib/api/fabricError.ts";
import { DOUBTFUL, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { defineKind, InputError } from "../../engine/resourceKind.ts";
import { keptForOthers } from "../../engine/threeWays.ts";
import type { Run } from "../../run/run.ts";
import { itemsNow } from "../item/items.ts";
import { deleteOrGone, isWorkspaceGone, mayMeanGone } from "../../engine/gone.ts";
import { changeBranch, resumeBranchChange } from "./branchChange.ts";
import { gitFields, intentOf, whereOf } from "./fields.ts";
import type { GitInputs as Inputs, GitLink } from "./fields.ts";
import { finish, initialize } from "./firstSync.ts";
import { connect, credentialsOf, detailsOf, disconnect, isSameBranch, readConnection, undo } from "./link.ts";
import type { Connection } from "./link.ts";
import { takeBackPulls, takeOutOthers } from "./pulled.ts";
import { pullWhereAlways } from "./pull.ts";
import { isBehind, readGitStatus } from "./status.ts";

/** State of a connection that is initialised, but whose first sync failed. The next update syncs it. */
const NOT_SYNCED = "NotSynced";

const notConnected: Connection = { gitConnectionState: "NotConnected" };

interface Outputs {
  /** The commit that the workspace was last synced with; empty if both sides were empty and nothing was synced. */
  readonly head?: string | undefined;
  /** Whether the workspace had this connection before. The connection then stays when this resource is deleted. */
  readonly adopted?: boolean | undefined;
}

const title = ({ repositoryName, branchName }: Partial<Inputs>) =>
  `Git connection to ${repositoryName ?? "?"}, branch ${branchName ?? "?"}`;

/**
 * The connection of a workspace to a branch. Its id is the workspace's. A create connects, initialises and syncs once. Each
 * step first checks how far an earlier attempt came. Without `allowOverwrite`, nothing is written to a side that is not
 * empty; items equal to the synced commit do not count.
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
  title,

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
    const former = await run.formerState<Outputs>("GitConnection", inputs.workspaceId);
    const isTheirs = former ? former.adopted === true : !isOurs;
    const adopted = now.gitConnectionState === "ConnectedAndInitialized" && isTheirs;
    if (now.gitConnectionState === "NotConnected") await connect(run, inputs);
    else assertSameBranch(now, inputs);
    const outputs = adopted ? { adopted } : {};
    exists({ id: inputs.workspaceId, outputs });
    const before = run.isRollback ? await itemsNow(run, inputs.workspaceId) : undefined;
    const head = adopted
      ? await pullWhereAlways(run, inputs, now.gitSyncDetails?.head)
      : await finish(run, inputs, now, { refused: () => exists(null), wasEmpty: former?.head === "" });
    if (before) await takeOutOthers(run, inputs.workspaceId, before);
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
      // a run was cut off between leaving the branch and the new connection: the next up connects again
      const isLeft = (await run.undoOf("connectGit", id)) !== undefined;
      return isLeft ? { inputs: { gitConnectionState: now.gitConnectionState } } : "gone";
    }
    // the service takes a while to compute the status, which matters only if commits must be pulled
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

  heedsOthers: true,
  async update(run, id, old, declared) {
    let now = await readConnection(run, id);
    const ways = { state: { ...old }, live: detailsOf(now), wanted: { ...declared } };
    const kept = await keptForOthers(run, { name: "GitConnection", fields: gitFields, title }, id, ways);
    const inputs = { ...declared, ...Object.fromEntries(kept.map(({ property, live }) => [property, live])) };
    const left = now.gitSyncDetails?.head ? undefined : await run.undoOf<GitLink>("connectGit", id, "last");
    if (left) {
      const head = await resumeBranchChange(run, inputs, now, left);
      if (head !== undefined) return { head };
      now = await readConnection(run, id);
    } else if (now.gitConnectionState === "NotConnected") {
      await connect(run, inputs);
      return { head: await initialize(run, inputs) };
    }
    if (!isSameBranch(now.gitProviderDetails, inputs)) return { head: await changeBranch(run, inputs, now) };
    if (!sameIgnoringCase(old.connectionId, inputs.connectionId)) await changeCredentials(run, inputs, old);
    // the first sync found both sides empty: items made since must not be committed because another field changes
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

/** @throws Error if the workspace is connected to another branch; such a connection is never undone silently */
function assertSameBranch(now: Connection, inputs: Inputs): void {
  if (isSameBranch(now.gitProviderDetails, inputs)) return;
  throw new Error(
    `The workspace is connected to ${whereOf(now.gitProviderDetails)} already, and ${whereOf(inputs)} is declared. ` +
      `Disconnect it in the workspace's settings, or declare what it is connected to.`,
  );
}
