import { isFabricError } from "../lib/fabricError.ts";
import { isUnknown, sameIgnoringCase } from "./field.ts";
import { deleteOrGone, isWorkspaceGone, mayMeanGone } from "./gone.ts";
import { gitFields, intentOf, normalDirectory, whereOf } from "./gitFields.ts";
import type { GitInputs as Inputs, GitProviderDetails } from "./gitFields.ts";
import { pullWhereAlways, updateFromGit } from "./gitPull.ts";
import { isBehind, readGitStatus } from "./gitStatus.ts";
import { defineKind, Problem } from "./resourceKind.ts";
import type { FabricItem, Run } from "./run.ts";

/** How a workspace is connected, as the service tells it. */
interface Connection {
  readonly gitConnectionState: "NotConnected" | "Connected" | "ConnectedAndInitialized";
  readonly gitProviderDetails?: GitProviderDetails | null;
  readonly gitSyncDetails?: { readonly head: string } | null;
}

const notConnected: Connection = { gitConnectionState: "NotConnected" };

interface Initialized {
  readonly requiredAction: "None" | "UpdateFromGit" | "CommitToGit";
  readonly workspaceHead?: string | null;
  readonly remoteCommitHash?: string | null;
}

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
  fields: gitFields,
  outputs: ["head", "adopted"],
  title: ({ repositoryName, branchName }) => `Git connection to ${repositoryName ?? "?"}, branch ${branchName ?? "?"}`,

  derive(inputs) {
    const missing = (property: "ownerName" | "organizationName" | "projectName" | "connectionId", why: string) => {
      if (inputs[property] === undefined) throw new Problem(property, `is needed for ${why}`);
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
    if (now.gitConnectionState === "NotConnected") return "gone";
    // the status takes the service a while, and only where commits are to be pulled does it matter that there are some
    const isLookedAt = state.commit !== undefined && isSameBranch(now.gitProviderDetails, state);
    const status =
      isLookedAt && now.gitConnectionState === "ConnectedAndInitialized" ? await readGitStatus(run, id) : undefined;
    return {
      inputs: {
        ...detailsOf(now),
        gitConnectionState: now.gitConnectionState,
        newCommit: status && isBehind(status) ? (status.remoteCommitHash ?? undefined) : undefined,
      },
      outputs: { head: now.gitSyncDetails?.head ?? (state.head === "" ? "" : undefined) },
    };
  },

  async update(run, id, old, inputs) {
    const now = await readConnection(run, id);
    if (now.gitConnectionState === "NotConnected") {
      await connect(run, inputs);
      return { head: await initialize(run, inputs) };
    }
    if (!isSameBranch(now.gitProviderDetails, inputs)) {
      await assertNothingIsLost(run, inputs, now);
      await disconnect(run, id, inputs);
      await connect(run, inputs);
      return { head: await initialize(run, { ...inputs, allowOverwrite: true }) };
    }
    if (!sameIgnoringCase(old.connectionId, inputs.connectionId)) await changeCredentials(run, inputs, old);
    // there was nothing to sync then: what was made since is not committed because something else changes
    const wasEmpty = old.head === "" && isSameBranch(old, inputs);
    const head = old.adopted ? now.gitSyncDetails?.head : await finish(run, inputs, now, { wasEmpty });
    return { head: await pullWhereAlways(run, inputs, head) };
  },

  async delete(run, id, state) {
    if (state.adopted) return;
    try {
      await deleteOrGone(run, id, () => disconnect(run, id, state));
    } catch (error) {
      if (!isFabricError(error, "WorkspaceNotConnectedToGit")) throw error;
    }
  },
});

async function connect(run: Run, inputs: Inputs): Promise<void> {
  await run.write(
    {
      ...intentOf("create", inputs, { function: "disconnectGit", args: { workspaceId: inputs.workspaceId } }),
      wasFree: true,
    },
    {
      method: "POST",
      path: `/workspaces/${inputs.workspaceId}/git/connect`,
      body: { gitProviderDetails: detailsFor(inputs), myGitCredentials: credentialsOf(inputs) },
      operation: `connect to ${whereOf(inputs)}`,
    },
  );
}

/**
 * Goes on from where a connection is.
 * @param before `refused` is called when it was disconnected again; `wasEmpty` says that the first sync found nothing to do
 */
async function finish(
  run: Run,
  inputs: Inputs,
  now: Connection,
  before: { readonly refused?: () => void; readonly wasEmpty?: boolean },
): Promise<string | undefined> {
  if (now.gitConnectionState !== "ConnectedAndInitialized") return initialize(run, inputs, before.refused);
  if (now.gitSyncDetails?.head || before.wasEmpty) return now.gitSyncDetails?.head ?? "";
  return sync(run, inputs, await requiredNow(run, inputs));
}

/**
 * Initialises a connected workspace and brings the empty side in line with the other.
 * @param refused called when it was disconnected again, because both sides hold items
 */
async function initialize(run: Run, inputs: Inputs, refused?: () => void): Promise<string | undefined> {
  const { workspaceId } = inputs;
  const call = (initializationStrategy: string) =>
    run.write<Initialized>(intentOf("update", inputs, null), {
      method: "POST",
      path: `/workspaces/${workspaceId}/git/initializeConnection`,
      body: { initializationStrategy },
      operation: `initialise the connection to ${whereOf(inputs)}`,
    });
  let required: Initialized;
  if (inputs.allowOverwrite || run.isNewWorkspace(workspaceId) || (await isEmpty(run, workspaceId))) {
    required = await call(inputs.initializationStrategy);
  } else {
    try {
      // with no strategy the service goes on only where one side is empty
      required = await call("None");
    } catch (error) {
      if (!isFabricError(error, "MissingInitializationStrategy", "MissingInitializationPolicy")) throw error;
      // initialising writes to neither side; it makes the service say whether they differ, and in what
      required = await call(inputs.initializationStrategy);
      if (required.requiredAction !== "None" && (await isAnythingLost(run, inputs))) {
        await disconnect(run, workspaceId, inputs);
        refused?.();
        throw bothSidesHold(inputs);
      }
    }
  }
  return sync(run, inputs, required);
}

/**
 * Does what the service said is required.
 * @returns the commit that the workspace is synced with then; empty where neither side held anything
 */
async function sync(run: Run, inputs: Inputs, required: Initialized): Promise<string | undefined> {
  const { workspaceId, allowOverwrite } = inputs;
  if (required.requiredAction === "None") return required.workspaceHead ?? "";
  if (required.requiredAction === "UpdateFromGit") return updateFromGit(run, inputs, required, allowOverwrite);
  await run.write(intentOf("update", inputs, null), {
    method: "POST",
    path: `/workspaces/${workspaceId}/git/commitToGit`,
    body: {
      mode: "All",
      workspaceHead: required.workspaceHead || null,
      comment: "Initial commit of the workspace",
    },
    operation: `commit the workspace to ${whereOf(inputs)}`,
  });
  run.warn(`The workspace's items were committed to ${whereOf(inputs)}. A rollback does not undo commits.`);
  return (await readConnection(run, workspaceId)).gitSyncDetails?.head;
}

/** What initializeConnection said is not said again: when the sync after it failed, the status tells what is left to do. */
async function requiredNow(run: Run, inputs: Inputs): Promise<Initialized> {
  const { changes, workspaceHead, remoteCommitHash } = await readGitStatus(run, inputs.workspaceId);
  const inBranch = changes.some(({ remoteChange }) => Boolean(remoteChange));
  const inWorkspace = changes.some(({ workspaceChange }) => Boolean(workspaceChange));
  if (inBranch && inWorkspace && !inputs.allowOverwrite) throw bothSidesHold(inputs);
  const remoteWins = inBranch && (!inWorkspace || inputs.initializationStrategy === "PreferRemote");
  const requiredAction = remoteWins ? "UpdateFromGit" : inWorkspace ? "CommitToGit" : "None";
  return { requiredAction, workspaceHead: workspaceHead ?? null, remoteCommitHash: remoteCommitHash ?? null };
}

async function disconnect(run: Run, workspaceId: string, connection: Inputs): Promise<void> {
  await run.write(
    intentOf("delete", connection, { function: "connectGit", args: { workspaceId, ...detailsFor(connection) } }),
    {
      method: "POST",
      path: `/workspaces/${workspaceId}/git/disconnect`,
      operation: `disconnect from ${whereOf(connection)}`,
      replaySafe: true,
    },
  );
}

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

/** Before a branch is left: everything in the workspace must be in the branch, and the new one must not be written to. */
async function assertNothingIsLost(run: Run, inputs: Inputs, now: Connection): Promise<void> {
  if (inputs.allowOverwrite) return;
  if (inputs.initializationStrategy === "PreferWorkspace") throw bothSidesHold(inputs);
  if (now.gitConnectionState !== "ConnectedAndInitialized" || (await isEmpty(run, inputs.workspaceId))) return;
  const { changes } = await readGitStatus(run, inputs.workspaceId);
  if (changes.some(({ workspaceChange }) => Boolean(workspaceChange))) throw bothSidesHold(inputs);
}

/** Whether syncing would write over something on the losing side. Items that are equal on both sides lose nothing. */
async function isAnythingLost(run: Run, { workspaceId, initializationStrategy }: Inputs): Promise<boolean> {
  const { changes } = await readGitStatus(run, workspaceId);
  return changes.some(({ workspaceChange, remoteChange, conflictType }) => {
    const loser = initializationStrategy === "PreferRemote" ? workspaceChange : remoteChange;
    return Boolean(loser) && conflictType !== "SameChanges";
  });
}

function bothSidesHold(inputs: Inputs): Error {
  const { initializationStrategy } = inputs;
  const loser =
    initializationStrategy === "PreferRemote"
      ? "the workspace holds items that are not in Git"
      : "the branch may hold items";
  return new Error(
    `The workspace was not connected to ${whereOf(inputs)}: ${loser}, and ${initializationStrategy} would overwrite them. ` +
      `Commit or remove them, or set git.allowOverwrite: true to let them be overwritten.`,
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

function isSameBranch(is: GitProviderDetails | null | undefined, inputs: Inputs): boolean {
  return (
    is?.gitProviderType === inputs.gitProviderType &&
    sameIgnoringCase(is.ownerName, inputs.ownerName) &&
    sameIgnoringCase(is.organizationName, inputs.organizationName) &&
    sameIgnoringCase(is.projectName, inputs.projectName) &&
    sameIgnoringCase(is.repositoryName, inputs.repositoryName) &&
    is.branchName === inputs.branchName &&
    normalDirectory(is.directoryName) === inputs.directoryName
  );
}

/** The provider details as inputs. */
function detailsOf({ gitProviderDetails: is }: Connection): Partial<Inputs> {
  if (!is) return {};
  return {
    gitProviderType: is.gitProviderType,
    ownerName: is.ownerName,
    organizationName: is.organizationName,
    projectName: is.projectName,
    repositoryName: is.repositoryName,
    branchName: is.branchName,
    directoryName: normalDirectory(is.directoryName),
  };
}

const detailsFor = (inputs: Inputs): GitProviderDetails => ({
  gitProviderType: inputs.gitProviderType,
  ...(inputs.gitProviderType === "GitHub"
    ? { ownerName: inputs.ownerName }
    : { organizationName: inputs.organizationName, projectName: inputs.projectName }),
  repositoryName: inputs.repositoryName,
  branchName: inputs.branchName,
  directoryName: inputs.directoryName,
});

const credentialsOf = ({ connectionId }: Inputs) =>
  connectionId === undefined ? { source: "Automatic" } : { source: "ConfiguredConnection", connectionId };

/** Reads how a workspace is connected. */
export const readConnection = (run: Run, workspaceId: string) =>
  run.get<Connection>(`/workspaces/${workspaceId}/git/connection`, "read the Git connection");

/** Whether the workspace holds no item of its own. SQL endpoints come and go with their lakehouse. */
async function isEmpty(run: Run, workspaceId: string): Promise<boolean> {
  const items = await run.list<FabricItem>(`/workspaces/${workspaceId}/items`, "list items");
  return items.every(({ type }) => type === "SQLEndpoint");
}
