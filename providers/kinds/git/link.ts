import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
import { isFabricError, isOutcomeUnknown } from "../../../lib/api/fabricError.ts";
import type { Values } from "../../../lib/transactions/written.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { createIntent, defineUndo, idInLog } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { detailsShape, intentOf, normalDirectory, whereOf } from "./fields.ts";
import type { GitInputs as Inputs, GitLink, GitProviderDetails } from "./fields.ts";

/* Connects and disconnects workspaces. Nothing here writes to a branch, or to the content of a workspace. */

const connectionShape = z.object({
  /** An unknown state is refused: nothing is known about what such a connection allows. */
  gitConnectionState: z.enum(["NotConnected", "Connected", "ConnectedAndInitialized"]),
  gitProviderDetails: detailsShape.nullish(),
  gitSyncDetails: z.object({ head: optional(z.string()) }).nullish(),
});

/** The credentials are sent back unchanged, so the shape keeps all their properties. */
export const credentialsShape = z.looseObject({ source: z.string(), connectionId: optional(z.string()) });

/** A workspace's connection, as the service reports it. */
export type Connection = Readonly<z.output<typeof connectionShape>>;

/** Undoes a connection that no state holds: it disconnects the workspace. */
export const undo = defineUndo({
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
 * Connects a workspace that is not connected. The connection is not initialised or synced yet.
 * @param link branch and credentials. @default the declared ones
 */
export async function connect(run: Run, inputs: Inputs, link: GitLink = linkFor(inputs)): Promise<void> {
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
      remedies: credentialRemedies(run, link.myGitCredentials),
      // the service refuses to connect a connected workspace
      replaySafe: true,
    },
  );
}

/** The log's note of a connection that a transaction left: the branch, and the commit that the workspace was synced with. */
const leftShape = z.object({ gitProviderDetails: detailsShape, head: z.string().nullable() });
/** A connection that a transaction left. */
export type LeftConnection = Readonly<z.output<typeof leftShape>>;

/**
 * The connection that a transaction left first.
 * @param before values of the intents of the writes to the connection
 * @returns undefined if the transaction left none, or an earlier version did
 */
export const leftIn = (before: Values): LeftConnection | undefined =>
  Object.values(before).flatMap((value) => leftShape.safeParse(value).data ?? [])[0];

/** Each branch has a note of its own: a second value under one name would count as somebody's change. */
const leaving = (gitProviderDetails: GitProviderDetails, head: string | null | undefined) =>
  head === undefined ? {} : { before: { [`left ${whereOf(gitProviderDetails)}`]: { gitProviderDetails, head } } };

/**
 * Disconnects a workspace for good; its items stay.
 * @param head the commit that the workspace is synced with, if a rollback may connect the workspace again
 */
export async function disconnect(
  run: Run,
  workspaceId: string,
  connection: Inputs & { readonly furtherDetails?: Readonly<Record<string, unknown>> | undefined },
  head?: string,
): Promise<void> {
  const details = detailsFor(connection);
  const compensation = { function: "connectGit", args: { workspaceId, ...details } };
  await run.write(
    {
      ...intentOf("delete", connection, compensation),
      ...leaving({ ...connection.furtherDetails, ...details }, head),
    },
    disconnectCall(workspaceId, connection),
  );
}

const disconnectCall = (workspaceId: string, from: GitProviderDetails) =>
  ({
    method: "POST",
    path: `/workspaces/${workspaceId}/git/disconnect`,
    operation: `disconnect from ${whereOf(from)}`,
    answer: nothing,
    replaySafe: true,
  }) as const;

/**
 * Disconnects a workspace that will be connected again: for the engine, this is part of an update.
 * @param head the commit that the workspace is synced with, or null, if a rollback returns the workspace to this connection
 */
export async function leave(run: Run, inputs: Inputs, left: GitLink, head?: string | null): Promise<void> {
  const { workspaceId } = inputs;
  const intent = intentOf("update", inputs, { function: "connectGit", args: { ...left } });
  try {
    const { gitProviderDetails } = left;
    await run.write(
      { ...intent, ...leaving(gitProviderDetails, head) },
      disconnectCall(workspaceId, gitProviderDetails),
    );
  } catch (error) {
    // an attempt before, whose answer was lost, has disconnected it
    if (!isFabricError(error, "WorkspaceNotConnectedToGit") || !isOutcomeUnknown(error)) throw error;
  }
}

/** The workspace's present connection, with all that a later connect needs to restore it. */
export async function linkOf(run: Run, workspaceId: string, { gitProviderDetails }: Connection): Promise<GitLink> {
  const myGitCredentials = await readCredentials(run, workspaceId);
  if (!gitProviderDetails) throw new Error("The service does not say what the workspace is connected to.");
  return { gitProviderDetails, myGitCredentials };
}

/**
 * The connection that is declared.
 * @param further properties of the connection that nobody declares ({@link furtherDetails})
 */
export const linkFor = (inputs: Inputs, further: Readonly<Record<string, unknown>> = {}): GitLink => ({
  gitProviderDetails: { ...further, ...detailsFor(inputs) },
  myGitCredentials: credentialsOf(inputs),
});

/**
 * The properties of a connection that the inputs do not declare: the host, and what this version does not know. They belong to
 * the owner of the repository, so they are kept as long as the owner stays.
 * @returns undefined without any
 */
export function furtherDetails(
  is: GitProviderDetails | null | undefined,
  inputs: Partial<GitProviderDetails>,
): Readonly<Record<string, unknown>> | undefined {
  const isSameOwner =
    is?.gitProviderType === inputs.gitProviderType &&
    sameIgnoringCase(is?.ownerName ?? undefined, inputs.ownerName) &&
    sameIgnoringCase(is?.organizationName ?? undefined, inputs.organizationName);
  if (!is || !isSameOwner) return undefined;
  const isDeclared = (name: string) =>
    name === "customDomainName" ? inputs.customDomainName !== undefined : name in detailsShape.shape;
  const further = Object.entries(is).filter(
    ([name, value]) => value !== null && value !== undefined && !isDeclared(name),
  );
  return further.length > 0 ? Object.fromEntries(further) : undefined;
}

/**
 * The inputs with the host of the present connection, if they declare none and the owner stays.
 * @param old the inputs before; a host that they declared and the new ones do not is given up
 */
export function onSameHost<T extends Partial<GitProviderDetails>>(
  inputs: T,
  is: GitProviderDetails | null | undefined,
  old?: Partial<GitProviderDetails>,
): T {
  if (inputs.customDomainName !== undefined || old?.customDomainName !== undefined) return inputs;
  const customDomainName = furtherDetails(is, inputs)?.["customDomainName"] as string | undefined;
  return customDomainName === undefined ? inputs : { ...inputs, customDomainName };
}

/** Whether two descriptions name the same folder of the same branch. The second has a normalised directory. */
export function isSameBranch(is: GitProviderDetails | null | undefined, inputs: GitProviderDetails): boolean {
  return (
    is?.gitProviderType === inputs.gitProviderType &&
    sameIgnoringCase(is.ownerName, inputs.ownerName) &&
    sameIgnoringCase(is.organizationName, inputs.organizationName) &&
    sameIgnoringCase(is.projectName, inputs.projectName) &&
    sameIgnoringCase(is.customDomainName, inputs.customDomainName) &&
    sameIgnoringCase(is.repositoryName, inputs.repositoryName) &&
    is.branchName === inputs.branchName &&
    normalDirectory(is.directoryName) === normalDirectory(inputs.directoryName)
  );
}

/** The provider details as inputs. */
export function detailsOf({ gitProviderDetails: is }: Connection): Partial<Inputs> {
  if (!is) return {};
  return {
    gitProviderType: is.gitProviderType as Inputs["gitProviderType"],
    ownerName: is.ownerName,
    organizationName: is.organizationName,
    projectName: is.projectName,
    customDomainName: is.customDomainName,
    repositoryName: is.repositoryName,
    branchName: is.branchName,
    directoryName: normalDirectory(is.directoryName),
  };
}

const detailsFor = (inputs: Inputs): GitProviderDetails => ({
  gitProviderType: inputs.gitProviderType,
  ...(inputs.gitProviderType === "GitHub"
    ? {
        ownerName: inputs.ownerName,
        ...(inputs.customDomainName !== undefined && { customDomainName: inputs.customDomainName }),
      }
    : { organizationName: inputs.organizationName, projectName: inputs.projectName }),
  repositoryName: inputs.repositoryName,
  branchName: inputs.branchName,
  directoryName: inputs.directoryName,
});

/** The declared credentials in the service's format. */
export const credentialsOf = ({ connectionId }: Inputs) =>
  connectionId === undefined ? { source: "Automatic" } : { source: "ConfiguredConnection", connectionId };

/** What to do if the service refuses credentials, by which ones were sent. */
export function credentialRemedies(run: Run, credentials: object): Readonly<Record<string, string>> {
  const { connectionId } = credentials as { readonly connectionId?: string };
  if (connectionId === undefined)
    return {
      PrincipalTypeNotSupported:
        "A service principal needs git.connectionId (or git.connection), and a role on that connection.",
    };
  const who = run.callerId === undefined ? "the deploying identity" : `the deploying identity (${run.callerId})`;
  return {
    ConnectionNotFound: `Connection ${connectionId} does not exist, or is not shared with ${who}: give it the role User there, or declare another one.`,
    PrincipalTypeNotSupported: `See that ${who} has the role User on connection ${connectionId}, and that its type of credentials is one that the Git provider takes.`,
  };
}

/** Reads the deploying identity's own credentials for a connection. */
export const readCredentials = (run: Run, workspaceId: string) =>
  run.get(`/workspaces/${workspaceId}/git/myGitCredentials`, "read the Git credentials", credentialsShape);

/** Whether the service has the declared credentials. Without a declared connection, any that somebody has given are right. */
export const hasCredentials = (
  is: z.output<typeof credentialsShape>,
  { connectionId }: Pick<Inputs, "connectionId">,
) => (connectionId === undefined ? is.source !== "None" : sameIgnoringCase(is.connectionId, connectionId));

/** Reads how a workspace is connected. */
export const readConnection = (run: Run, workspaceId: string) =>
  run.get(`/workspaces/${workspaceId}/git/connection`, "read the Git connection", connectionShape);
