import { isFabricError, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { gitNameProblems } from "../../../lib/config/gitNames.ts";
import { DOUBTFUL, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { defineKind, InputError } from "../../engine/resourceKind.ts";
import { keptForOthers } from "../../engine/threeWays.ts";
import type { Run } from "../../run/run.ts";
import { deleteOrGone, unlessGoneWith } from "../../engine/gone.ts";
import { changeBranch, resumeBranchChange } from "./branchChange.ts";
import {
  credentialsBefore,
  ensureCredentials,
  giveCredentialsBack,
  giveFormerCredentials,
  givesCredentialsBack,
  RESTORES_CREDENTIALS,
} from "./credentials.ts";
import { gitFields, whereOf } from "./fields.ts";
import type { GitInputs as Inputs, GitLink } from "./fields.ts";
import { finish, initialize } from "./firstSync.ts";
import {
  connect,
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
import type { Connection, GitCredentials } from "./link.ts";
import { takeBackPulls } from "./takeBackPulls.ts";
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
  /** Only for an adopted connection: the deploying identity's credentials before this stack sent the declared ones. */
  readonly formerCredentials?: GitCredentials | undefined;
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
  undo: { ...undo, giveBack: givesCredentialsBack },
  restores: ["connectGit", RESTORES_CREDENTIALS],
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
    const isKept = now.gitConnectionState === "NotConnected" || (adopted && (await mustKeepCredentials(run, inputs)));
    const had = isKept ? undefined : await ensureCredentials(run, inputs, { isAdopting: adopted && !former });
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
    const now = await unlessGoneWith(run, id, () => readConnection(run, id));
    if (now === "gone") return now;
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
        ...((await run.undoOf(RESTORES_CREDENTIALS, id)) && { connectionId: DOUBTFUL }),
        gitConnectionState: isSynced ? now.gitConnectionState : NOT_SYNCED,
        newCommit: status && isBehind(status) ? (status.remoteCommitHash ?? undefined) : undefined,
      },
      outputs: { head, furtherDetails: furtherDetails(now.gitProviderDetails, state) },
    };
  },

  heedsOthers: true,
  update: updateConnection,

  async giveBackValues(run, id, written, state) {
    const { before } = written;
    const taken = await takeBackPulls(run, id, before);
    const left = [...taken.left, ...(await takeOutEarlier(run, id))];
    const isSynced = await syncAgain(run, id, before, state);
    const given = await giveFormerCredentials(run, id, written, state);
    return { isChanged: taken.isChanged || isSynced || given.isChanged, left: [...left, ...given.left] };
  },

  async delete(run, id, state) {
    if (state.adopted) return giveCredentialsBack(run, id, state);
    try {
      await deleteOrGone(run, id, async () => {
        const credentials = await credentialsBefore(run, id);
        await disconnect(run, id, state, { head: state.head, credentials });
      });
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
): Promise<Pick<Outputs, "head" | "formerCredentials">> {
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
  const isAsked = isOther || inputs.connectionId !== undefined;
  const had = isAsked ? await ensureCredentials(run, inputs, { old }) : undefined;
  const isFirst = old.adopted && !old.formerCredentials && !run.isRollback;
  // the first sync found both sides empty: items made since must not be committed because another field changes
  const wasEmpty = old.head === "" && isSameBranch(onSameHost(old, now.gitProviderDetails), inputs);
  const head = old.adopted ? now.gitSyncDetails?.head : await finish(run, inputs, now, { wasEmpty });
  return {
    head: await pullWhereAlways(run, inputs, head),
    ...(isFirst && had && { formerCredentials: had }),
  };
}

/** In a rollback: whether the transaction has sent no credentials to an adopted connection, so that they stay as they are. */
const mustKeepCredentials = async (run: Run, { workspaceId }: Inputs): Promise<boolean> =>
  run.isRollback && !(await run.undoOf(RESTORES_CREDENTIALS, workspaceId));

/** Whether a connection of this stack, which another resource of it held, is declared to be another one. */
const isElsewhere = ({ gitProviderDetails }: Connection, inputs: Inputs, former: Partial<Inputs>): boolean =>
  !isSameBranch(gitProviderDetails, onSameHost(inputs, gitProviderDetails, former));

/** The details as inputs, without a host that nobody declares: the connection keeps that. */
const comparable = (now: Connection, state: Partial<Inputs>): Partial<Inputs> => ({
  ...detailsOf(now),
  ...(state.customDomainName === undefined && { customDomainName: undefined }),
});

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
