import { isFabricError, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { gitNameProblems } from "../../../lib/config/gitNames.ts";
import { DOUBTFUL, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { defineKind, InputError } from "../../engine/resourceKind.ts";
import { keptForOthers } from "../../engine/threeWays.ts";
import type { Run } from "../../run/run.ts";
import { deleteOrGone, isWorkspaceGone, mayMeanGone } from "../../engine/gone.ts";
import { changeBranch, resumeBranchChange } from "./branchChange.ts";
import { gitFields, intentOf, whereOf } from "./fields.ts";
import type { GitInputs as Inputs, GitLink } from "./fields.ts";
import { finish, initialize } from "./firstSync.ts";
import {
  connect,
  credentialRemedies,
  credentialsOf,
  credentialsShape,
  detailsOf,
  disconnect,
  furtherDetails,
  hasCredentials,
  isSameBranch,
  linkFor,
  onSameHost,
  readConnection,
  readCredentials,
  undo,
} from "./link.ts";
import type { Connection } from "./link.ts";
import { takeBackPulls } from "./pulled.ts";
import { takeOutEarlier } from "./pulledInRollback.ts";
import { pullWhereAlways } from "./pull.ts";
import { isBehind, readGitStatus } from "./status.ts";
import { syncAgain } from "./syncedAgain.ts";

/** State of a connection that is initialised, but whose first sync failed. The next update syncs it. */
const NOT_SYNCED = "NotSynced";

const notConnected: Connection = { gitConnectionState: "NotConnected" };

interface Outputs {
  /** The commit that the workspace was last synced with; empty if both sides were empty and nothing was synced. */
  readonly head?: string | undefined;
  /** Whether the workspace had this connection before. The connection then stays when this resource is deleted. */
  readonly adopted?: boolean | undefined;
  /** Properties of the connection that nobody declares. A new connection of the workspace gets them, too. */
  readonly furtherDetails?: Readonly<Record<string, unknown>> | undefined;
  /** Only for an adopted connection: the deploying identity's credentials before, if the declared ones were others. */
  readonly formerCredentials?: Readonly<Record<string, unknown>> | undefined;
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
  outputs: ["head", "adopted", "furtherDetails", "formerCredentials"],
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

  refusesNew(inputs) {
    const [problem] = gitNameProblems(inputs).filter(({ key }) => !isUnknown(Reflect.get(inputs, key)));
    return problem && new InputError(problem.key, problem.message);
  },

  async create(run, inputs, exists) {
    const now = run.isNewWorkspace(inputs.workspaceId) ? notConnected : await readConnection(run, inputs.workspaceId);
    const isOurs = await run.wasBegun("GitConnection", { workspaceId: inputs.workspaceId });
    const former = await run.formerState<Inputs & Outputs>("GitConnection", inputs.workspaceId);
    if (former && now.gitConnectionState !== "NotConnected" && isElsewhere(now, inputs, former)) {
      const { adopted, furtherDetails, formerCredentials, head } = former;
      const outputs: Outputs = { adopted, furtherDetails, formerCredentials, head };
      exists({ id: inputs.workspaceId, outputs, isContinued: true });
      const changed = await updateConnection(run, inputs.workspaceId, former as Inputs & Outputs, inputs);
      return { id: inputs.workspaceId, outputs: { ...outputs, ...changed } };
    }
    const isTheirs = former ? former.adopted === true : !isOurs;
    const adopted = now.gitConnectionState === "ConnectedAndInitialized" && isTheirs;
    const further = furtherDetails(now.gitProviderDetails, inputs) ?? former?.furtherDetails;
    if (now.gitConnectionState === "NotConnected") await connect(run, inputs, linkFor(inputs, further));
    else assertSameBranch(now, inputs);
    let outputs: Outputs = { ...(adopted && { adopted }), ...(further && { furtherDetails: further }) };
    const tell = () => exists({ id: inputs.workspaceId, outputs, isContinued: former !== undefined });
    tell();
    const had = now.gitConnectionState === "NotConnected" ? undefined : await ensureCredentials(run, inputs);
    const formerCredentials = former?.formerCredentials ?? had;
    if (adopted && formerCredentials) {
      outputs = { ...outputs, formerCredentials };
      // a failure from now on must not forget them
      tell();
    }
    const head = adopted
      ? await pullWhereAlways(run, inputs, now.gitSyncDetails?.head)
      : await finish(run, inputs, now, { refused: () => exists(null), wasEmpty: former?.head === "" });
    tellOfNoCommit(run, inputs, head);
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
    const isAsDeclared = isSameBranch(now.gitProviderDetails, onSameHost(state, now.gitProviderDetails));
    const isLookedAt = state.commit !== undefined && isAsDeclared;
    const status =
      isLookedAt && now.gitConnectionState === "ConnectedAndInitialized" ? await readGitStatus(run, id) : undefined;
    const head = now.gitSyncDetails?.head ?? (state.head === "" ? "" : undefined);
    const isSynced = now.gitConnectionState !== "ConnectedAndInitialized" || head !== undefined || state.adopted;
    return {
      inputs: {
        ...comparable(now, state),
        ...(await credentialsFound(run, id, state, now)),
        ...((await run.undoOf("restoreGitCredentials", id)) && { connectionId: DOUBTFUL }),
        gitConnectionState: isSynced ? now.gitConnectionState : NOT_SYNCED,
        newCommit: status && isBehind(status) ? (status.remoteCommitHash ?? undefined) : undefined,
      },
      outputs: { head, furtherDetails: furtherDetails(now.gitProviderDetails, state) },
    };
  },

  heedsOthers: true,
  update: updateConnection,

  async giveBackValues(run, id, { before }, state) {
    const taken = await takeBackPulls(run, id, before);
    const left = [...taken.left, ...(await takeOutEarlier(run, id))];
    const isSynced = await syncAgain(run, id, before, state);
    return { isChanged: taken.isChanged || isSynced, left };
  },

  async delete(run, id, state) {
    if (state.adopted) return giveCredentialsBack(run, id, state);
    try {
      await deleteOrGone(run, id, () => disconnect(run, id, state, state.head));
    } catch (error) {
      if (!isFabricError(error, "WorkspaceNotConnectedToGit")) throw error;
    }
  },
});

/** Changes a connection of this stack to what is declared. */
async function updateConnection(
  run: Run,
  id: string,
  old: Inputs & Outputs,
  declared: Inputs,
): Promise<{ readonly head: string | undefined }> {
  let now = await readConnection(run, id);
  const ways = { state: { ...old }, live: comparable(now, old), wanted: { ...declared } };
  const kept = await keptForOthers(run, { name: "GitConnection", fields: gitFields, title }, id, ways);
  const others = { ...declared, ...Object.fromEntries(kept.map(({ property, live }) => [property, live])) };
  const inputs = onSameHost(others, now.gitProviderDetails, old);
  const left = now.gitSyncDetails?.head ? undefined : await run.undoOf<GitLink>("connectGit", id, "last");
  if (left) {
    const head = await resumeBranchChange(run, inputs, now, left);
    if (head !== undefined) return { head };
    now = await readConnection(run, id);
  } else if (now.gitConnectionState === "NotConnected") {
    await connect(run, inputs, linkFor(inputs, old.furtherDetails));
    return { head: await initialize(run, inputs) };
  }
  if (!isSameBranch(now.gitProviderDetails, inputs)) return { head: await changeBranch(run, inputs, now) };
  const isOther = !sameIgnoringCase(old.connectionId, inputs.connectionId);
  if (isOther || inputs.connectionId !== undefined) await ensureCredentials(run, inputs, old);
  // the first sync found both sides empty: items made since must not be committed because another field changes
  const wasEmpty = old.head === "" && isSameBranch(onSameHost(old, now.gitProviderDetails), inputs);
  const head = old.adopted ? now.gitSyncDetails?.head : await finish(run, inputs, now, { wasEmpty });
  return { head: await pullWhereAlways(run, inputs, head) };
}

/** Whether a connection of this stack, which another resource of it held, is declared to be another one. */
const isElsewhere = ({ gitProviderDetails }: Connection, inputs: Inputs, former: Partial<Inputs>): boolean =>
  !isSameBranch(gitProviderDetails, onSameHost(inputs, gitProviderDetails, former));

/** The details as inputs, without a host that nobody declares: the connection keeps that. */
const comparable = (now: Connection, state: Partial<Inputs>): Partial<Inputs> => ({
  ...detailsOf(now),
  ...(state.customDomainName === undefined && { customDomainName: undefined }),
});

/**
 * Gives the deploying identity the declared credentials, unless the service has them already.
 * @param old the inputs before; undefined in a create
 * @returns the credentials before, if others were sent
 */
async function ensureCredentials(run: Run, inputs: Inputs, old?: Inputs): Promise<Outputs["formerCredentials"]> {
  const { workspaceId } = inputs;
  const had = await readCredentials(run, workspaceId);
  const isTaken = old?.connectionId !== undefined && inputs.connectionId === undefined;
  if (isTaken ? had.source === "Automatic" : hasCredentials(had, inputs)) return undefined;
  await sendCredentials(run, inputs, credentialsOf(inputs), old?.connectionId ?? had.connectionId);
  return had;
}

async function sendCredentials(
  run: Run,
  inputs: Inputs,
  credentials: object,
  before: string | undefined,
): Promise<void> {
  const { workspaceId } = inputs;
  await run.write(
    intentOf("update", inputs, {
      function: "restoreGitCredentials",
      args: { workspaceId, connectionId: before },
    }),
    {
      method: "PATCH",
      path: `/workspaces/${workspaceId}/git/myGitCredentials`,
      body: credentials,
      operation: `change the credentials for ${whereOf(inputs)}`,
      answer: credentialsShape,
      remedies: credentialRemedies(run, credentials),
    },
  );
}

/** Gives an adopted connection back the credentials that it had, unless somebody has changed them since. */
async function giveCredentialsBack(run: Run, id: string, state: Inputs & Outputs): Promise<void> {
  const { formerCredentials, connectionId } = state;
  if (!formerCredentials) return;
  await deleteOrGone(run, id, async () => {
    const now = await readCredentials(run, id);
    if (sameIgnoringCase(now.connectionId, connectionId))
      await sendCredentials(run, { ...state, workspaceId: id }, formerCredentials, connectionId);
  });
}

/**
 * The credentials that a refresh finds, as an input. They belong to one identity, so another one than the last that deployed may
 * have none.
 */
async function credentialsFound(
  run: Run,
  id: string,
  state: Partial<Inputs>,
  now: Connection,
): Promise<Partial<Inputs>> {
  const { connectionId } = state;
  if (connectionId === undefined || now.gitConnectionState !== "ConnectedAndInitialized") return {};
  try {
    const is = await readCredentials(run, id);
    return hasCredentials(is, { connectionId }) ? {} : { connectionId: is.connectionId };
  } catch (error) {
    // who may not ask learns nothing about them
    if (isServiceAnswer(error, 400, 403, 404)) return {};
    throw error;
  }
}

/** Says that the first sync has committed nothing, because a workspace of this stack is empty when it is connected. */
function tellOfNoCommit(run: Run, inputs: Inputs, head: string | undefined): void {
  if (inputs.initializationStrategy !== "PreferWorkspace" || head !== "" || run.isRollback) return;
  run.warn(
    `Workspace and branch were both empty when the workspace was connected to ${whereOf(inputs)}, so nothing was committed ` +
      `(PreferWorkspace). Items that are made from now on are committed in Fabric, not by a deployment.`,
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
