import { z } from "zod";
import { optional } from "../../lib/api/answer.ts";
import { isFabricError, isServiceAnswer } from "../../lib/api/fabricError.ts";
import { wordList } from "../../lib/config/wordList.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import { namingPause } from "../../providers/engine/pauseBehind.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { kindsIn } from "../../providers/kinds/kinds.ts";
import { readConnection } from "../../providers/kinds/git/link.ts";
import { gitProviders } from "../../providers/kinds/git/fields.ts";
import type { GitProviderDetails } from "../../providers/kinds/git/fields.ts";
import { readGitStatus } from "../../providers/kinds/git/status.ts";
import { folderShape } from "../../providers/kinds/item/folder.ts";
import { idShape, itemShape } from "../../lib/api/objects.ts";
import type { FabricItem, Workspace } from "../../lib/api/objects.ts";
import type { Run } from "../../providers/run/run.ts";
import { nameOfCapacity } from "../../providers/kinds/workspace/capacity.ts";
import { roleShape } from "../../providers/kinds/workspace/workspaceUser.ts";

/** A role of a principal. */
export interface ExistingUser {
  readonly principalId: string;
  /** As the service returns it, including types that a configuration cannot name. */
  readonly type: string;
  readonly role: string;
  /** Present only if Microsoft Graph finds this user by the name, because a deployment looks users up that way. */
  readonly userPrincipalName?: string | undefined;
  /** Name for readers of the configuration. */
  readonly displayName?: string | undefined;
}

/** A folder, as the list of all folders gives it. */
export type ExistingFolder = Readonly<z.output<typeof folderShape>>;

/** A connection to a branch that a deployment can manage. */
export interface ExistingGit {
  readonly details: GitProviderDetails;
  /** Absent with automatic credentials. */
  readonly connectionId?: string | undefined;
  /** The commit that the workspace was last synced with. */
  readonly head?: string | undefined;
  /** Ids of items that are not part of that commit. */
  readonly onlyInWorkspace: ReadonlySet<string>;
}

/** A workspace with everything in it, as the service has it. */
export interface ExistingWorkspace {
  readonly workspace: Workspace;
  /** Name of the capacity in the configuration; absent if there is no capacity, or this identity does not see it. */
  readonly capacity?: string | undefined;
  readonly users: readonly ExistingUser[];
  /** Absent without a manageable connection; {@link ExistingWorkspace.gitProblem} then gives the reason. */
  readonly git?: ExistingGit | undefined;
  /** Why an existing connection cannot be managed, and the next step. */
  readonly gitProblem?: string | undefined;
  readonly folders: readonly ExistingFolder[];
  readonly items: readonly FabricItem[];
  /** Ids of lakehouses that were made with schemas. */
  readonly withSchemas: ReadonlySet<string>;
  /** Objects that the entries of other kinds can declare. */
  readonly others: readonly ExistingOthers[];
}

/** The objects of a kind in a workspace. */
export interface ExistingOthers {
  readonly kind: ResourceKind;
  readonly objects: Awaited<ReturnType<NonNullable<ResourceKind["existing"]>>>;
  /** Reason why the objects could not be read. */
  readonly problem?: string | undefined;
}

/**
 * Reads a workspace by lists. Changes nothing.
 * @throws FabricError, which names the workspace's capacity if that is paused
 */
export const readExistingWorkspace = (run: Run, workspace: Workspace): Promise<ExistingWorkspace> =>
  namingPause(run, workspace.id, () => readWithAll(run, workspace));

async function readWithAll(run: Run, workspace: Workspace): Promise<ExistingWorkspace> {
  const path = `/workspaces/${workspace.id}`;
  const ofWorkspace = `of workspace '${workspace.displayName}'`;
  const [capacity, users, folders, items, others] = await Promise.all([
    nameOfCapacity(run, workspace.capacityId),
    readUsers(run, path, ofWorkspace),
    run.list(`${path}/folders`, `list the folders ${ofWorkspace}`, folderShape, { recursive: true }),
    run.list(`${path}/items`, `list the items ${ofWorkspace}`, itemShape),
    Promise.all(kindsIn("workspace").map((kind) => readOthers(run, kind, workspace.id))),
  ]);
  const [git, withSchemas] = await Promise.all([readGit(run, workspace), readSchemas(run, path, ofWorkspace, items)]);
  return { workspace, capacity, users, ...git, folders, items, withSchemas, others };
}

async function readOthers(run: Run, kind: ResourceKind, workspaceId: string): Promise<ExistingOthers> {
  try {
    return { kind, objects: (await kind.existing?.(run, { workspaceId })) ?? [] };
  } catch (error) {
    // the workspace's capacity does not support such objects, or this identity must not see them
    if (!isServiceAnswer(error, 400, 403, 404)) throw error;
    return { kind, objects: [], problem: error.message };
  }
}

async function readUsers(run: Run, path: string, ofWorkspace: string): Promise<ExistingUser[]> {
  const roles = await run.list(`${path}/roleAssignments`, `list the roles ${ofWorkspace}`, roleShape);
  return Promise.all(
    roles.map(async ({ principal: { id, type, displayName, userDetails }, role }) => {
      const name = userDetails?.userPrincipalName;
      const isKnown = type === "User" && name !== undefined && (await isNameOf(run, name, id));
      return { principalId: id, type, role, displayName, ...(isKnown && { userPrincipalName: name }) };
    }),
  );
}

/** Whether a user has that name. Also false if Microsoft Graph does not answer: the object id is always right. */
async function isNameOf(run: Run, userPrincipalName: string, id: string): Promise<boolean> {
  try {
    return sameIgnoringCase(await run.userId(userPrincipalName), id);
  } catch (error) {
    if (isFabricError(error)) return false;
    throw error;
  }
}

/** What is read of Git credentials: `Automatic`, `ConfiguredConnection` or `None`. */
const credentialsShape = z.object({ source: z.string().min(1), connectionId: optional(idShape) });

async function readGit(
  run: Run,
  { id, displayName }: Workspace,
): Promise<Pick<ExistingWorkspace, "git" | "gitProblem">> {
  const now = await readConnection(run, id);
  const details = now.gitProviderDetails;
  if (now.gitConnectionState === "NotConnected" || !details) return {};
  const isKnown = (gitProviders as readonly string[]).includes(details.gitProviderType);
  if (!isKnown)
    return {
      gitProblem: `its provider is ${details.gitProviderType}, and only ${wordList(gitProviders, "and")} can be declared: it stays as it is`,
    };
  if (now.gitConnectionState === "Connected")
    return { gitProblem: "it was never initialised: declare git, and the next up finishes it" };
  const credentials = await run.get(
    `/workspaces/${id}/git/myGitCredentials`,
    `read the Git credentials of workspace '${displayName}'`,
    credentialsShape,
  );
  const { source, connectionId } = credentials;
  if (source === "None" || (connectionId === undefined && details.gitProviderType === "GitHub")) {
    return {
      gitProblem:
        "the deploying identity has no Git credentials there: declare git with a connectionId that it may use, and the " +
        "next up takes the connection over",
    };
  }
  const { changes } = await readGitStatus(run, id);
  const added = changes.filter(({ workspaceChange }) => workspaceChange === "Added");
  const onlyInWorkspace = new Set(added.flatMap(({ itemMetadata }) => itemMetadata.itemIdentifier.objectId ?? []));
  return { git: { details, connectionId, head: now.gitSyncDetails?.head, onlyInWorkspace } };
}

/** What is read of a lakehouse. */
const lakehouseShape = z.object({
  id: idShape,
  properties: optional(z.object({ defaultSchema: optional(z.string()) })),
});

async function readSchemas(
  run: Run,
  path: string,
  ofWorkspace: string,
  items: readonly FabricItem[],
): Promise<Set<string>> {
  if (!items.some(({ type }) => type === "Lakehouse")) return new Set();
  const lakehouses = await run.list(`${path}/lakehouses`, `list the lakehouses ${ofWorkspace}`, lakehouseShape);
  return new Set(lakehouses.filter(({ properties }) => properties?.defaultSchema).map(({ id }) => id));
}
