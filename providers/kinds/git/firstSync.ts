import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import type { Run } from "../../run/run.ts";
import { itemsNow } from "../item/items.ts";
import { intentOf, whereOf } from "./fields.ts";
import type { GitInputs as Inputs } from "./fields.ts";
import { disconnect, leftIn, readConnection } from "./link.ts";
import type { Connection } from "./link.ts";
import { updateFromGit } from "./pull.ts";
import { beforePushing } from "./pushNote.ts";
import { withoutPulled } from "./pulledInRollback.ts";
import { isBehind, readGitStatus } from "./status.ts";

/*
 * The first sync of a connection brings one side in line with the other. Without `allowOverwrite`, the sync writes nothing to
 * a side that is not empty; items that are equal on both sides do not count.
 */

const initializedShape = z.object({
  requiredAction: z.enum(["None", "UpdateFromGit", "CommitToGit"]),
  workspaceHead: z.string().nullish(),
  remoteCommitHash: z.string().nullish(),
});

/** What an initialised connection requires next. */
export type Initialized = Readonly<z.output<typeof initializedShape>>;

/**
 * Completes a connection from its present state.
 * @param before `refused` is called after the connection was undone; `wasEmpty`: the first sync found nothing to do
 */
export async function finish(
  run: Run,
  inputs: Inputs,
  now: Connection,
  before: { readonly refused?: () => void; readonly wasEmpty?: boolean },
): Promise<string | undefined> {
  if (now.gitConnectionState !== "ConnectedAndInitialized") return initialize(run, inputs, before.refused);
  if (now.gitSyncDetails?.head || before.wasEmpty) return now.gitSyncDetails?.head ?? "";
  return syncInitialized(run, inputs, inputs.allowOverwrite);
}

/**
 * Syncs a connection that was initialised and never synced.
 * @param mayLose whether what only one side holds may be overwritten
 */
export async function syncInitialized(run: Run, inputs: Inputs, mayLose: boolean): Promise<string | undefined> {
  if (run.isRollback) return syncInRollback(run, inputs);
  // the items of both sides are equal, or may be overwritten
  return sync(run, inputs, await requiredNow(run, inputs, mayLose), { mayOverride: true });
}

/**
 * Initialises a connected workspace and brings the empty side in line with the other.
 * @param refused called after the connection was undone because both sides hold items
 */
export async function initialize(run: Run, inputs: Inputs, refused?: () => void): Promise<string | undefined> {
  const { workspaceId } = inputs;
  if (run.isRollback || inputs.allowOverwrite || run.isNewWorkspace(workspaceId) || (await isEmpty(run, workspaceId)))
    return sync(run, inputs, await initializeConnection(run, inputs));
  try {
    // without a strategy the service continues only if one side is empty
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
  // the items of both sides are equal
  return sync(run, inputs, required, { mayOverride: true });
}

/** Initialises a connection. The call writes to neither side; its answer names the action that the sync requires. */
export function initializeConnection(
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
    // the service refuses a second initialisation, and the call writes to neither side
    replaySafe: true,
  });
}

/**
 * Does the action that the service requires.
 * @param how `begins` is called before the first write to a side; `mayOverride`: the service may overwrite items, because
 *   that loses nothing
 * @returns the commit that the workspace is then synced with; empty if both sides were empty
 */
export async function sync(
  run: Run,
  inputs: Inputs,
  required: Initialized,
  { begins, mayOverride = inputs.allowOverwrite }: { begins?: () => void; mayOverride?: boolean } = {},
): Promise<string | undefined> {
  const { workspaceId } = inputs;
  if (required.requiredAction === "None") return required.workspaceHead ?? "";
  if (run.isRollback) return syncInRollback(run, inputs, begins);
  if (required.requiredAction === "UpdateFromGit") return updateFromGit(run, inputs, required, mayOverride, begins);
  begins?.();
  await run.write(
    { ...intentOf("update", inputs, null), before: beforePushing(inputs) },
    {
      method: "POST",
      path: `/workspaces/${workspaceId}/git/commitToGit`,
      body: {
        mode: "All",
        workspaceHead: required.workspaceHead || null,
        comment: "Initial commit of the workspace",
      },
      // never sent twice, because nothing undoes a commit: the next update reads the status, and commits the rest
      operation: `commit the workspace to ${whereOf(inputs)}`,
      answer: nothing,
    },
  );
  run.warn(`The workspace's items were committed to ${whereOf(inputs)}. A rollback does not undo commits.`);
  return (await readConnection(run, workspaceId)).gitSyncDetails?.head;
}

/**
 * Syncs a workspace that had this connection before the rolled-back transaction. The items of the workspace stay as they are: what
 * of them was never committed exists nowhere else. What comes in from the branch was not there before, and goes again.
 * Nothing is committed, because nothing takes back a commit.
 * @param begins called just before the sync is sent
 * @returns the commit that the workspace is then synced with; empty if the branch is empty
 */
async function syncInRollback(run: Run, inputs: Inputs, begins?: () => void): Promise<string> {
  const { workspaceId } = inputs;
  const status = await readGitStatus(run, workspaceId);
  if (!isBehind(status)) return status.workspaceHead ?? "";
  const commit = status.remoteCommitHash ?? "";
  const policy = { allowOverwrite: true, initializationStrategy: "PreferWorkspace" } as const;
  await withoutPulled(run, workspaceId, { items: await itemsNow(run, workspaceId), status }, async () => {
    await updateFromGit(run, { ...inputs, ...policy }, status, true, begins);
  });
  const had = leftIn((await run.writtenTo("GitConnection", workspaceId))?.before ?? {})?.head;
  if (had && had !== commit) {
    run.warn(
      `${whereOf(inputs)} has had commits since the deployment began: the workspace keeps what it had at commit ${had}, and Git ` +
        `shows the differences to ${commit} as changes of the workspace. Undo these changes in the workspace to take the branch's.`,
    );
  }
  return commit;
}

/**
 * `initializeConnection` reports the required action only once. If the sync after it failed, the action follows from the
 * status.
 * @throws Error if each side holds items that the other lacks, unless they may be overwritten
 */
async function requiredNow(run: Run, inputs: Inputs, mayLose: boolean): Promise<Initialized> {
  const { changes, workspaceHead, remoteCommitHash } = await readGitStatus(run, inputs.workspaceId);
  const different = changes.filter(({ conflictType }) => conflictType !== "SameChanges");
  const inWorkspace = different.some(({ workspaceChange }) => Boolean(workspaceChange));
  const isInBranchOnly = different.some(({ remoteChange }) => Boolean(remoteChange));
  if (isInBranchOnly && inWorkspace && !mayLose) throw bothSidesHold(inputs);
  // if both sides changed alike, the branch's changes are taken over
  const inBranch = isInBranchOnly || (changes.length > 0 && different.length === 0);
  const remoteWins = inBranch && (!inWorkspace || inputs.initializationStrategy === "PreferRemote");
  const requiredAction = remoteWins ? "UpdateFromGit" : inWorkspace ? "CommitToGit" : "None";
  return { requiredAction, workspaceHead: workspaceHead ?? null, remoteCommitHash: remoteCommitHash ?? null };
}

/** Checks before a branch is left: the branch must hold the whole workspace, and the new branch must not be written to. */
export async function assertNothingIsLost(run: Run, inputs: Inputs, now: Connection): Promise<void> {
  // the sync of a rollback overwrites nothing
  if (inputs.allowOverwrite || run.isRollback) return;
  if (inputs.initializationStrategy === "PreferWorkspace") throw bothSidesHold(inputs);
  if (await isEmpty(run, inputs.workspaceId)) return;
  // a connection has no status until it is initialised
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

/** Whether the workspace holds no item of its own. SQL endpoints come and go with their lakehouse. */
async function isEmpty(run: Run, workspaceId: string): Promise<boolean> {
  const items = await itemsNow(run, workspaceId);
  return items.every(({ type }) => type === "SQLEndpoint");
}
