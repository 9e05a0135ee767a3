import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
import { hadNoEffect, isFabricError, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { DOUBTFUL, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, isWorkspaceGone, mayMeanGone } from "../workspace/gone.ts";
import { detailsShape, gitFields, intentOf, normalDirectory, whereOf } from "./fields.ts";
import type { GitInputs as Inputs, GitLink, GitProviderDetails } from "./fields.ts";
import { pullWhereAlways, updateFromGit } from "./pull.ts";
import { isBehind, readGitStatus } from "./status.ts";
import { defineKind, Problem } from "../../engine/resourceKind.ts";
import { createIntent, defineUndo, idInLog } from "../../engine/undo.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";

const connectionShape = z.object({
  /** Another word is refused: nobody knows what may be done to such a connection. */
  gitConnectionState: z.enum(["NotConnected", "Connected", "ConnectedAndInitialized"]),
  gitProviderDetails: detailsShape.nullish(),
  gitSyncDetails: z.object({ head: optional(z.string()) }).nullish(),
});

/** Sent back as it came, so nothing of it may get lost. */
const credentialsShape = z.looseObject({ source: z.string() });

/** How a workspace is connected, as the service tells it. */
type Connection = Readonly<z.output<typeof connectionShape>>;

/** Stands in the state for a connection that is initialised, and whose first sync failed: the next update syncs it. */
const NOT_SYNCED = "NotSynced";

const notConnected: Connection = { gitConnectionState: "NotConnected" };

const initializedShape = z.object({
  requiredAction: z.enum(["None", "UpdateFromGit", "CommitToGit"]),
  workspaceHead: z.string().nullish(),
  remoteCommitHash: z.string().nullish(),
});

type Initialized = Readonly<z.output<typeof initializedShape>>;

interface Outputs {
  /** The commit that the workspace was last synced with; empty where both sides were, and nothing was synced. */
  readonly head?: string | undefined;
  /** Whether the workspace was connected like this before; it then stays connected when this resource goes. */
  readonly adopted?: boolean | undefined;
}

const undo = defineUndo({
  compensation: "disconnectGit",
  names: z.object({ workspaceId: idInLog }),
  find: (_run, { workspaceId }) => Promise.resolve(workspaceId),
  async remove(run, workspaceId) {
    const intent = {
      operation: "delete",
      resourceType: "GitConnection",
      resourceName: workspaceId,
      resourceId: workspaceId,
      compensation: null,
    } as const;
    const path = `/workspaces/${workspaceId}/git/disconnect`;
    try {
      await run.write(intent, { method: "POST", path, answer: nothing, replaySafe: true });
      return true;
    } catch (error) {
      if (isFabricError(error, "WorkspaceNotConnectedToGit")) return false;
      throw error;
    }
  },
});

/**
 * The connection of a workspace to a branch. Its id is the workspace's. It is connected, initialised and synced once;
 * every way to get there starts by looking how far an earlier attempt came. Nothing is written to a side that is not
 * empty without `allowOverwrite`; items equal to the synced commit count as empty.
 */
export const gitConnection = defineKind<Outputs>()({
  name: "GitConnection",
  fields: gitFields,
  place: { of: "workspace", path: "git" },
  undo,
  restores: ["connectGit", "restoreGitCredentials"],
  removal: { method: "post", path: "disconnect" },
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

  async delete(run, id, state) {
    if (state.adopted) return;
    try {
      await deleteOrGone(run, id, () => disconnect(run, id, state));
    } catch (error) {
      if (!isFabricError(error, "WorkspaceNotConnectedToGit")) throw error;
    }
  },
});

async function connect(run: Run, inputs: Inputs, link: GitLink = linkFor(inputs)): Promise<void> {
  await run.write(
    {
      ...createIntent({ name: "GitConnection", undo }, inputs.repositoryName, { workspaceId: inputs.workspaceId }),
      resourceId: inputs.workspaceId,
      wasFree: true,
    },
    {
      method: "POST",
      path: `/workspaces/${inputs.workspaceId}/git/connect`,
      body: link,
      operation: `connect to ${whereOf(link.gitProviderDetails)}`,
      answer: nothing,
      // a workspace that is connected refuses to be connected
      replaySafe: true,
    },
  );
}

/**
 * Connects a workspace to another branch. There is no call for that: it is disconnected and connected again. If the
 * service refuses any of it before the branch's items begin to come in, the workspace goes back to the branch that it was
 * on, without a sync.
 * @throws Error that also says where the workspace is connected then
 */
async function changeBranch(run: Run, inputs: Inputs, now: Connection): Promise<string | undefined> {
  const { workspaceId } = inputs;
  await assertNothingIsLost(run, inputs, now);
  const left = await linkOf(run, workspaceId, now);
  let isSyncing = false;
  try {
    await leave(run, inputs, left);
    await connect(run, inputs);
    const required = await initializeConnection(run, inputs);
    isSyncing = true;
    return await sync(run, { ...inputs, allowOverwrite: true }, required);
  } catch (error) {
    // what came in of the new branch would count as changes of somebody on the old one
    if (isSyncing && !(await isUnsynced(run, workspaceId, error))) throw error;
    throw await run.finishing(() => wentBack(run, inputs, left, error));
  }
}

/** Whether the first sync of a connection that failed with an error has brought nothing: it was refused, or the service was busy. */
async function isUnsynced(run: Run, workspaceId: string, error: unknown): Promise<boolean> {
  if (hadNoEffect(error)) return true;
  if (!isServiceAnswer(error, 503) || error.operationId !== undefined) return false;
  const now = await run.finishing(() => readConnection(run, workspaceId)).catch(() => undefined);
  return now !== undefined && !now.gitSyncDetails?.head;
}

/** Takes a workspace back to the branch that it was on. @returns the error, with how that went */
async function wentBack(run: Run, inputs: Inputs, left: GitLink, error: unknown): Promise<unknown> {
  const { workspaceId } = inputs;
  const where = whereOf(left.gitProviderDetails);
  try {
    const now = await readConnection(run, workspaceId);
    const { directoryName, ...place } = left.gitProviderDetails;
    if (isSameBranch(now.gitProviderDetails, { ...place, directoryName: normalDirectory(directoryName) })) return error;
    if (now.gitConnectionState !== "NotConnected") await leave(run, inputs, linkFor(inputs));
    await connectAgain(run, inputs, left);
    return withSentence(error, `The workspace is connected to ${where} again, as before; nothing was synced.`);
  } catch (second) {
    const why = second instanceof Error ? second.message : String(second);
    return withSentence(error, `The workspace could not be connected to ${where} again: ${why}`);
  }
}

/** Connects a workspace to the branch that it was on, and writes to neither side. */
async function connectAgain(run: Run, inputs: Inputs, left: GitLink): Promise<void> {
  await connect(run, inputs, left);
  await initializeConnection(run, { ...inputs, ...left.gitProviderDetails });
}

/** How a workspace is connected now, so that it can be connected like that again. */
async function linkOf(run: Run, workspaceId: string, { gitProviderDetails }: Connection): Promise<GitLink> {
  const path = `/workspaces/${workspaceId}/git/myGitCredentials`;
  const myGitCredentials = await run.get(path, "read the Git credentials", credentialsShape);
  if (!gitProviderDetails) throw new Error("The service does not say what the workspace is connected to.");
  return { gitProviderDetails, myGitCredentials };
}

/** Disconnects a workspace that is about to be connected again: to the engine this is part of an update. */
async function leave(run: Run, inputs: Inputs, left: GitLink): Promise<void> {
  const { workspaceId } = inputs;
  await run.write(
    intentOf("update", inputs, { function: "connectGit", args: { ...left } }),
    disconnectCall(workspaceId, left.gitProviderDetails),
  );
}

function withSentence(error: unknown, text: string): unknown {
  if (isFabricError(error)) return error.withRemedy([error.remedy, text].filter(Boolean).join(" "));
  return error instanceof Error ? new Error(`${error.message} ${text}`, { cause: error }) : error;
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
  // what both sides hold is equal, or may be overwritten
  return sync(run, { ...inputs, allowOverwrite: true }, await requiredNow(run, inputs));
}

/**
 * Initialises a connected workspace and brings the empty side in line with the other.
 * @param refused called when it was disconnected again, because both sides hold items
 */
async function initialize(run: Run, inputs: Inputs, refused?: () => void): Promise<string | undefined> {
  const { workspaceId } = inputs;
  if (inputs.allowOverwrite || run.isNewWorkspace(workspaceId) || (await isEmpty(run, workspaceId)))
    return sync(run, inputs, await initializeConnection(run, inputs));
  try {
    // with no strategy the service goes on only where one side is empty
    return await sync(run, inputs, await initializeConnection(run, inputs, "None"));
  } catch (error) {
    if (!isFabricError(error, "MissingInitializationStrategy", "MissingInitializationPolicy")) throw error;
  }
  const required = await initializeConnection(run, inputs);
  if (required.requiredAction === "None") return sync(run, inputs, required);
  if (await isAnythingLost(run, inputs)) {
    await disconnect(run, workspaceId, inputs);
    refused?.();
    throw bothSidesHold(inputs);
  }
  // what both sides hold is equal
  return sync(run, { ...inputs, allowOverwrite: true }, required);
}

/** Initialises a connection, which writes to neither side: the service says what is required to sync them. */
function initializeConnection(
  run: Run,
  inputs: Inputs,
  initializationStrategy: string = inputs.initializationStrategy,
): Promise<Initialized> {
  return run.write(intentOf("update", inputs, null), {
    method: "POST",
    path: `/workspaces/${inputs.workspaceId}/git/initializeConnection`,
    body: { initializationStrategy },
    operation: `initialise the connection to ${whereOf(inputs)}`,
    answer: initializedShape,
    // a connection that is initialised refuses it, and neither side is written to
    replaySafe: true,
  });
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
    // never sent twice, because nothing undoes a commit: the next update looks at the status, and commits what is left
    operation: `commit the workspace to ${whereOf(inputs)}`,
  });
  run.warn(`The workspace's items were committed to ${whereOf(inputs)}. A rollback does not undo commits.`);
  return (await readConnection(run, workspaceId)).gitSyncDetails?.head;
}

/**
 * `initializeConnection` reports the required action only once. If the sync after it failed, the status tells what is left
 * to do.
 * @throws Error if both sides hold something that the other has not, unless it may be overwritten
 */
async function requiredNow(run: Run, inputs: Inputs): Promise<Initialized> {
  const { changes, workspaceHead, remoteCommitHash } = await readGitStatus(run, inputs.workspaceId);
  const different = changes.filter(({ conflictType }) => conflictType !== "SameChanges");
  const inWorkspace = different.some(({ workspaceChange }) => Boolean(workspaceChange));
  const isInBranchOnly = different.some(({ remoteChange }) => Boolean(remoteChange));
  if (isInBranchOnly && inWorkspace && !inputs.allowOverwrite) throw bothSidesHold(inputs);
  // equal changes of both sides are settled by taking over the branch's
  const inBranch = isInBranchOnly || (changes.length > 0 && different.length === 0);
  const remoteWins = inBranch && (!inWorkspace || inputs.initializationStrategy === "PreferRemote");
  const requiredAction = remoteWins ? "UpdateFromGit" : inWorkspace ? "CommitToGit" : "None";
  return { requiredAction, workspaceHead: workspaceHead ?? null, remoteCommitHash: remoteCommitHash ?? null };
}

async function disconnect(run: Run, workspaceId: string, connection: Inputs): Promise<void> {
  const compensation = { function: "connectGit", args: { workspaceId, ...detailsFor(connection) } };
  await run.write(intentOf("delete", connection, compensation), disconnectCall(workspaceId, connection));
}

const disconnectCall = (workspaceId: string, from: GitProviderDetails) =>
  ({
    method: "POST",
    path: `/workspaces/${workspaceId}/git/disconnect`,
    operation: `disconnect from ${whereOf(from)}`,
    answer: nothing,
    replaySafe: true,
  }) as const;

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
  if (await isEmpty(run, inputs.workspaceId)) return;
  // a connection that was not initialised has no status yet
  if (now.gitConnectionState === "Connected") await initializeConnection(run, inputs);
  const { changes } = await readGitStatus(run, inputs.workspaceId);
  const isElsewhere = changes.every(
    ({ workspaceChange, conflictType }) => !workspaceChange || conflictType === "SameChanges",
  );
  if (!isElsewhere) throw bothSidesHold(inputs);
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

function isSameBranch(is: GitProviderDetails | null | undefined, inputs: GitProviderDetails): boolean {
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

const linkFor = (inputs: Inputs): GitLink => ({
  gitProviderDetails: detailsFor(inputs),
  myGitCredentials: credentialsOf(inputs),
});

const credentialsOf = ({ connectionId }: Inputs) =>
  connectionId === undefined ? { source: "Automatic" } : { source: "ConfiguredConnection", connectionId };

/** Reads how a workspace is connected. */
export const readConnection = (run: Run, workspaceId: string) =>
  run.get(`/workspaces/${workspaceId}/git/connection`, "read the Git connection", connectionShape);

/** Whether the workspace holds no item of its own. SQL endpoints come and go with their lakehouse. */
async function isEmpty(run: Run, workspaceId: string): Promise<boolean> {
  const items = await run.list(`/workspaces/${workspaceId}/items`, "list items", itemShape);
  return items.every(({ type }) => type === "SQLEndpoint");
}
