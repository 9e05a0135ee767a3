import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { AS_BEFORE, identifier, sameIgnoringCase } from "../../engine/field.ts";
import type { InputsOf } from "../../engine/field.ts";

/* The declaration of a Git connection. */

/** The Git providers that a configuration can declare. */
export const gitProviders = ["GitHub", "AzureDevOps"] as const;

/** What is read of the repository that a workspace is connected to. */
export const detailsShape = z.looseObject({
  /** Of a provider that this version does not know, too: nothing but this is read of such a connection, and all of it is kept. */
  gitProviderType: z.string().min(1),
  ownerName: optional(z.string()),
  organizationName: optional(z.string()),
  projectName: optional(z.string()),
  customDomainName: optional(z.string()),
  repositoryName: z.preprocess((value) => value ?? "", z.string()),
  branchName: z.preprocess((value) => value ?? "", z.string()),
  directoryName: z.preprocess((value) => value ?? "/", z.string()),
});

/**
 * Repository, branch and directory; the other provider's fields are absent. Further properties of the service are kept, so
 * that a workspace can be connected again as it was.
 */
export interface GitProviderDetails {
  readonly gitProviderType: string;
  readonly ownerName?: string | undefined;
  readonly organizationName?: string | undefined;
  readonly projectName?: string | undefined;
  readonly customDomainName?: string | undefined;
  readonly repositoryName: string;
  readonly branchName: string;
  readonly directoryName: string;
}

/** The inputs of a Git connection. */
export const gitFields = {
  workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
  gitProviderType: { schema: z.enum(gitProviders), change: "update" },
  /** GitHub only. */
  ownerName: { schema: z.string().min(1).max(100).optional(), change: "update", same: sameIgnoringCase },
  /** AzureDevOps only. */
  organizationName: { schema: z.string().min(1).max(100).optional(), change: "update", same: sameIgnoringCase },
  /** AzureDevOps only. */
  projectName: { schema: z.string().min(1).max(100).optional(), change: "update", same: sameIgnoringCase },
  /** GitHub only: the host of GitHub Enterprise Cloud with data residency. If the key is absent, a connection keeps its host. */
  customDomainName: { schema: z.string().min(1).max(100).optional(), change: "update", same: sameIgnoringCase },
  repositoryName: { schema: z.string().min(1).max(128), change: "update", same: sameIgnoringCase },
  branchName: { schema: z.string().min(1).max(250), change: "update" },
  /** Folder of the branch; normalised to a leading slash and no trailing one. */
  directoryName: { schema: z.string().max(256).default("/").transform(normalDirectory), change: "update" },
  /** Connection with the credentials; GitHub and service principals need one. */
  connectionId: { schema: identifier.optional(), change: "update", same: sameIgnoringCase },
  /** The side that wins at the first sync if both hold items. */
  initializationStrategy: {
    schema: z.enum(["PreferRemote", "PreferWorkspace"]).default("PreferRemote"),
    change: "local",
  },
  /** Whether the losing side may be overwritten. */
  allowOverwrite: { schema: z.boolean().default(false), change: "local" },
  /**
   * The commit of the branch that the workspace must have; only if every up pulls. The program asks the service for the
   * commit, and declares {@link AS_BEFORE} while the workspace is up to date.
   */
  commit: {
    schema: z.string().optional(),
    change: "update",
    same: (_before: string, after: string) => after === AS_BEFORE,
    isFilledIn: true,
  },
  /** Never declared: the commit that a refresh found in the branch and not in the workspace. The next up pulls it. */
  newCommit: { schema: z.string().optional(), change: "update", isDerived: true },
  /** Always the same; an input, so that a half-made or half-undone connection shows as drift. */
  gitConnectionState: { schema: z.string().default("ConnectedAndInitialized"), change: "update", isDerived: true },
} as const;

/** Their values. */
export type GitInputs = InputsOf<typeof gitFields>;

/** A workspace's connection: branch and credentials. */
export interface GitLink {
  readonly gitProviderDetails: GitProviderDetails;
  /** The deploying identity's own credentials, as the service keeps them. */
  readonly myGitCredentials: object;
}

/** The log's intent for a write. */
export const intentOf = (
  operation: Intent["operation"],
  inputs: GitInputs,
  compensation: Intent["compensation"],
): Intent => ({
  operation,
  resourceType: "GitConnection",
  resourceName: inputs.repositoryName,
  resourceId: inputs.workspaceId,
  compensation,
});

/** Repository, branch and directory in words; the host and the provider, if they are not the usual ones. */
export function whereOf(details: Partial<GitProviderDetails> | null | undefined): string {
  if (!details) return "nothing";
  const { gitProviderType = "", customDomainName, repositoryName, branchName, directoryName = "/" } = details;
  const host = customDomainName ? `${customDomainName}/` : "";
  const isOther = gitProviderType !== "" && !(gitProviders as readonly string[]).includes(gitProviderType);
  return `${host}${repositoryName || "?"}, branch ${branchName || "?"}, ${directoryName}${isOther ? ` (${gitProviderType})` : ""}`;
}

/** A folder of a branch in one spelling: with a leading slash, without a trailing one. */
export function normalDirectory(directory: string): string {
  return `/${directory.replace(/^\/+|\/+$/g, "")}`;
}
