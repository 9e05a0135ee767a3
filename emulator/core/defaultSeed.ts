const id = (last: string) => `11111111-1111-4111-8111-${last.padStart(12, "0")}`;

/** Ids of objects in the default seed. */
export const known = {
  /** The deploying identity of stack `local`. */
  deployer: id("1"),
  alice: id("a1"),
  bob: id("b1"),
  carol: id("c1"),
  analysts: id("3"),
  activeCapacity: id("f2"),
  secondCapacity: id("f4"),
  pausedCapacity: id("f0"),
  gitHubConnection: id("a"),
  secondGitHubConnection: id("c"),
  azureDevOpsConnection: id("b"),
  gateway: id("d"),
} as const;

/** The branch in the default seed. It holds one notebook. */
export const knownBranch = {
  gitProviderType: "GitHub",
  ownerName: "contoso",
  repositoryName: "sales",
  branchName: "main",
  directoryName: "/fabric",
} as const;

/** The seed of stack `local` and of most tests. `emulator.ts` checks its type, because core knows no family. */
export const defaultSeed = {
  principals: [
    { id: known.deployer, type: "ServicePrincipal", displayName: "fabric-deployer", aadAppId: id("2") },
    { id: known.alice, type: "User", displayName: "Alice", userPrincipalName: "alice@contoso.com" },
    { id: known.bob, type: "User", displayName: "Bob", userPrincipalName: "bob@contoso.com" },
    { id: known.carol, type: "User", displayName: "Carol", userPrincipalName: "carol@contoso.com" },
    { id: known.analysts, type: "Group", displayName: "Analysts" },
  ],
  capacities: [
    { id: known.activeCapacity, displayName: "local", sku: "F2", region: "West Europe" },
    { id: known.secondCapacity, displayName: "local-large", sku: "F4", region: "West Europe" },
    { id: known.pausedCapacity, displayName: "paused", sku: "F2", region: "West Europe", state: "Inactive" as const },
  ],
  connections: [
    {
      id: known.gitHubConnection,
      displayName: "contoso GitHub",
      connectionDetails: { type: "GitHubSourceControl", path: "https://github.com" },
    },
    {
      id: known.secondGitHubConnection,
      displayName: "contoso GitHub, second",
      connectionDetails: { type: "GitHubSourceControl", path: "https://github.com" },
    },
    {
      id: known.azureDevOpsConnection,
      displayName: "contoso Azure DevOps",
      connectionDetails: { type: "AzureDevOpsSourceControl", path: "https://dev.azure.com/contoso" },
    },
  ],
  gateways: [{ id: known.gateway, displayName: "contoso network", type: "VirtualNetwork" }],
  repositories: [
    {
      details: knownBranch,
      items: [
        {
          type: "Notebook",
          displayName: "exploration",
          description: "",
          parts: [
            {
              path: "notebook-content.py",
              payload: Buffer.from("# Fabric notebook source\n\nprint('hello')\n").toString("base64"),
              payloadType: "InlineBase64",
            },
          ],
        },
      ],
    },
  ],
};
