import type { ResourceKind } from "../../providers/engine/resourceKind.ts";

/** Some workspace. */
export const workspaceId = "00000000-0000-4000-8000-000000000001";

/** Inputs of the kinds without an entry of their own, as a program gives them: the fewest, and all. */
const samples: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  Workspace: [{ displayName: "sales" }, { displayName: "sales", description: "d", capacity: "F2", adopt: true }],
  WorkspaceUser: [
    { workspaceId, principal: "alice@contoso.com", role: "Admin" },
    { workspaceId, principal: workspaceId, type: "Group", role: "Viewer" },
  ],
  ConnectionRole: [
    { connectionId: "c", principal: "alice@contoso.com", role: "User" },
    { connectionId: "c", principal: workspaceId, type: "Group", role: "Owner" },
  ],
  UnlistedUsers: [
    { workspaceId, listed: [] },
    { workspaceId, listed: ["b@contoso.com", "A@contoso.com"] },
  ],
  UnlistedItems: [
    { workspaceId, listed: [] },
    { workspaceId, listed: ["notebook/b", "lakehouse/a"] },
  ],
  GitConnection: [
    {
      workspaceId,
      gitProviderType: "GitHub",
      ownerName: "o",
      repositoryName: "r",
      branchName: "main",
      connectionId: "c",
    },
    {
      workspaceId,
      gitProviderType: "AzureDevOps",
      organizationName: "o",
      projectName: "p",
      repositoryName: "r",
      branchName: "b",
      directoryName: "fabric/",
    },
  ],
  Folder: [
    { workspaceId, displayName: "raw" },
    { workspaceId, displayName: "raw", parentFolderId: "f" },
  ],
  Item: [
    { workspaceId, type: "Lakehouse", displayName: "bronze" },
    {
      workspaceId,
      type: "Notebook",
      displayName: "ingest",
      path: "fabric/sales/ingest.Notebook",
      folderId: "f",
      adopt: true,
    },
  ],
};

/** Inputs of a kind as a program gives them; of a kind with an entry those that the entry's example declares. */
export function samplesOf({ name, entry, fields }: ResourceKind): readonly Readonly<Record<string, unknown>>[] {
  const holders = {
    ...("workspaceId" in fields && { workspaceId }),
    ...("itemId" in fields && { itemId: workspaceId }),
  };
  return entry ? entry.declare(entry.example).map(({ args }) => ({ ...holders, ...args })) : (samples[name] ?? []);
}
