import { known } from "../emulator/core/defaultSeed.ts";

/** Eight resources, as in the measurement of the Terraform provider for Fabric: a workspace, three roles, Git, three items. */
export const benchWorkspace = (index: number) => ({
  name: `w${index}`,
  displayName: `bench-${index}`,
  capacity: "local",
  description: "first",
  users: [
    { principal: "alice@contoso.com", role: "Admin" },
    { principal: "bob@contoso.com", role: "Member" },
    { principal: known.analysts, type: "Group", role: "Viewer" },
  ],
  git: {
    gitProviderType: "GitHub",
    ownerName: "contoso",
    repositoryName: `r${index}`,
    branchName: "main",
    directoryName: "/",
    connectionId: known.gitHubConnection,
  },
  items: [
    { name: "bronze", type: "Lakehouse" },
    { name: "ingest", type: "Notebook" },
    { name: "daily", type: "DataPipeline" },
  ],
});

/** A number of such workspaces. */
export const benchWorkspaces = (count: number) => Array.from({ length: count }, (_, index) => benchWorkspace(index));

/** One workspace with a number of items: lakehouses, notebooks and pipelines by turns. */
export const benchItems = (count: number) => {
  const types = ["Lakehouse", "Notebook", "DataPipeline"] as const;
  const items = Array.from({ length: count }, (_, index) => ({
    name: `item${index}`,
    type: types[index % types.length],
  }));
  return [{ ...benchWorkspace(0), items }];
};
