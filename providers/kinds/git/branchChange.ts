import { hadNoEffect, isFabricError, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import type { Run } from "../../run/run.ts";
import { whereOf } from "./fields.ts";
import type { GitInputs as Inputs, GitLink, GitProviderDetails } from "./fields.ts";
import { assertNothingIsLost, initialize, initializeConnection, sync, syncInitialized } from "./firstSync.ts";
import type { Initialized } from "./firstSync.ts";
import { connect, furtherDetails, isSameBranch, leave, linkFor, linkOf, readConnection } from "./link.ts";
import type { Connection } from "./link.ts";
import { messageOf } from "../../../lib/api/messageOf.ts";

/**
 * Connects a workspace to another branch. The service has no call for that, so the workspace is disconnected and connected
 * again. If the service refuses a step before the branch's items begin to come in, the workspace returns to its former
 * branch, without a sync.
 * @throws Error that also names the workspace's connection after the failure
 */
export async function changeBranch(run: Run, inputs: Inputs, now: Connection): Promise<string | undefined> {
  const { workspaceId } = inputs;
  await assertNothingIsLost(run, inputs, now);
  const left = await linkOf(run, workspaceId, now);
  let isSyncing = false;
  try {
    await leave(run, inputs, left, now.gitSyncDetails?.head ?? null);
    await connect(run, inputs, linkFor(inputs, furtherDetails(left.gitProviderDetails, inputs)));
    const required = await initializeConnection(run, inputs);
    return await sync(run, inputs, required, { mayOverride: true, begins: () => (isSyncing = true) });
  } catch (error) {
    // items that came in from the new branch would count as changes of the workspace on the old branch
    if (isSyncing && !(await isUnsynced(run, workspaceId, error))) throw error;
    throw await run.finishing(() => wentBack(run, inputs, left, error));
  }
}

/**
 * Continues a change of branch that an earlier run began, and that brought nothing in yet, or not all.
 * @param left the branch that was left last, whose items the workspace holds
 * @returns the synced commit; undefined if the workspace is on the branch that it left, as before
 */
export async function resumeBranchChange(
  run: Run,
  inputs: Inputs,
  now: Connection,
  left: GitLink,
): Promise<string | undefined> {
  const isOn = (details: GitProviderDetails) => isSameBranch(now.gitProviderDetails, details);
  if (now.gitConnectionState === "ConnectedAndInitialized" && isOn(inputs)) {
    // that nothing would be lost was checked before the workspace left its branch
    return (await syncInitialized(run, inputs, true)) ?? "";
  }
  if (now.gitConnectionState !== "NotConnected" && !isOn(left.gitProviderDetails)) await leave(run, inputs, left);
  if (!isSameBranch(left.gitProviderDetails, inputs)) {
    // only a comparison with the branch that it left shows whether the workspace holds anything that is not in Git
    if (!isOn(left.gitProviderDetails)) await connectAgain(run, inputs, left);
    return undefined;
  }
  const further = furtherDetails(left.gitProviderDetails, inputs);
  if (!isOn(inputs)) await connect(run, inputs, linkFor(inputs, further));
  return (await initialize(run, inputs)) ?? "";
}

/** Whether a failed first sync has brought nothing: the service refused the sync, or was busy. */
async function isUnsynced(run: Run, workspaceId: string, error: unknown): Promise<boolean> {
  if (hadNoEffect(error)) return true;
  if (!isServiceAnswer(error, 503) || error.operationId !== undefined) return false;
  const now = await run.finishing(() => readConnection(run, workspaceId)).catch(() => undefined);
  return now !== undefined && !now.gitSyncDetails?.head;
}

/** Returns a workspace to its former branch. @returns the error, with the result of the return */
async function wentBack(run: Run, inputs: Inputs, left: GitLink, error: unknown): Promise<unknown> {
  const { workspaceId } = inputs;
  const where = whereOf(left.gitProviderDetails);
  try {
    const now = await readConnection(run, workspaceId);
    if (isSameBranch(now.gitProviderDetails, left.gitProviderDetails)) return error;
    if (now.gitConnectionState !== "NotConnected") await leave(run, inputs, linkFor(inputs));
    await connectAgain(run, inputs, left);
    return withSentence(error, `The workspace is connected to ${where} again, as before; nothing was synced.`);
  } catch (second) {
    const why = messageOf(second);
    return withSentence(error, `The workspace could not be connected to ${where} again: ${why}`);
  }
}

/** Connects a workspace to its former branch, and writes to neither side. @returns what a sync requires */
export async function connectAgain(run: Run, inputs: Inputs, left: GitLink): Promise<Initialized> {
  await connect(run, inputs, left);
  return initializeConnection(run, { ...inputs, ...left.gitProviderDetails } as Inputs);
}

function withSentence(error: unknown, text: string): unknown {
  if (isFabricError(error)) return error.withRemedy([error.remedy, text].filter(Boolean).join(" "));
  return error instanceof Error ? new Error(`${error.message} ${text}`, { cause: error }) : error;
}
