import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { git, groupId, item, problemsOf, stack, user, workspace } from "./exampleStack.ts";

/** What is wrong, and the one problem that is reported for it. */
const refused: [title: string, raw: Record<string, unknown>, problem: string][] = [
  ["no workspaces at all, which would delete those of the stack", {}, "fabric:workspaces: required"],
  ["a key that does not exist", stack({ endpont: "x" }), "fabric:endpont: unknown key; did you mean endpoint?"],
  [
    "a key that resembles none",
    user({ principal: "a@contoso.com", role: "Admin", zone: 1 }),
    "fabric:workspaces[0].users[0].zone: unknown key; known are principal, type and role",
  ],
  [
    "a flag that does not exist",
    stack({ features: { useKeyVolt: true } }),
    "fabric:features.useKeyVolt: unknown key; did you mean useKeyVault?",
  ],
  [
    "a flag that is neither on nor off",
    stack({ features: { useRollback: "on" } }),
    "fabric:features.useRollback: must be true or false",
  ],
  [
    "a list in the place of text",
    workspace({ capacity: [] }),
    "fabric:workspaces[0].capacity: must be text (numbers and true or false need quotes to be text)",
  ],
  [
    "a key without a value",
    workspace({ description: null }),
    "fabric:workspaces[0].description: is empty: give it a value or remove the key",
  ],
  ["text in the place of a list", { workspaces: "sales" }, "fabric:workspaces: must be a list"],
  ["a list entry that is no object", { workspaces: ["sales"] }, "fabric:workspaces[0]: must be an object with keys"],
  [
    "a credential that does not exist",
    stack({ credential: "password" }),
    "fabric:credential: must be auto, accessToken, clientSecret, clientCertificate, workloadIdentity, azurePipelines, gitHubActions, managedIdentity, azureCli or azureDeveloperCli",
  ],

  [
    "an endpoint without TLS",
    stack({ endpoint: "http://api.fabric.microsoft.com/v1" }),
    "fabric:endpoint: A token is sent over https only, or to this machine: http://api.fabric.microsoft.com was refused.",
  ],
  [
    "an endpoint at an unknown host",
    stack({ endpoint: "https://fabric.example/v1" }),
    "fabric:endpoint: fabric.example is not a known host of Microsoft Fabric, so it was not sent a token. If it is right, name it in the environment: FABRIC_ALLOWED_HOSTS=fabric.example",
  ],
  [
    "an endpoint that is no address",
    stack({ endpoint: "production" }),
    "fabric:endpoint: must be emulator or an https address",
  ],
  [
    "a key vault without TLS",
    stack({ keyVaultUrl: "http://v.vault.azure.net" }),
    "fabric:keyVaultUrl: must be an https address",
  ],
  [
    "a key vault that is not Azure's",
    stack({ keyVaultUrl: "https://vault.azure.net.example" }),
    "fabric:keyVaultUrl: vault.azure.net.example is not a host of Azure Key Vault, so it was asked for nothing. If it is right, name it in the environment: FABRIC_ALLOWED_HOSTS=vault.azure.net.example",
  ],
  [
    "a tenant that is no id",
    stack({ tenantId: "contoso.com" }),
    "fabric:tenantId: must be an id like 01234567-89ab-cdef-0123-456789abcdef",
  ],
  [
    "a transaction log at a host that is no storage account",
    stack({ transactionLog: "https://logs.example.com/logs" }),
    "fabric:transactionLog: logs.example.com is not a known host of an Azure storage account, so it was not sent a token. " +
      "If it is right, name it in the environment: FABRIC_ALLOWED_HOSTS=logs.example.com",
  ],
  [
    "a transaction log at an address that is no container",
    stack({ transactionLog: "https://contoso.blob.core.windows.net" }),
    "fabric:transactionLog: must be a folder of the project, or the address of a blob container without ? and #: " +
      "https://ACCOUNT.blob.core.windows.net/CONTAINER",
  ],
  [
    "a transaction log outside the project",
    stack({ transactionLog: "../logs" }),
    "fabric:transactionLog: must be a folder inside the project, with / between folders, or an absolute path",
  ],

  ["a workspace without a name", { workspaces: [{}] }, "fabric:workspaces[0].name: required"],
  [
    "a workspace name that is too long",
    workspace({ displayName: "x".repeat(257) }),
    "fabric:workspaces[0].displayName: must have at most 256 characters",
  ],
  [
    "a workspace description that is too long",
    workspace({ description: "x".repeat(4001) }),
    "fabric:workspaces[0].description: must have at most 4000 characters",
  ],
  [
    "a workspace name that separates keys",
    { workspaces: [{ name: "a/b" }] },
    "fabric:workspaces[0].name: must not contain / or ::, which separate the parts of a resource's key",
  ],
  [
    "a workspace name of the service's own",
    workspace({ displayName: "Admin Monitoring" }),
    "fabric:workspaces[0].displayName: is a name that the service keeps for itself",
  ],
  [
    "two workspaces of one name",
    { workspaces: [{ name: "a" }, { name: "A" }] },
    "fabric:workspaces[1].name: same name as fabric:workspaces[0].name",
  ],
  [
    "two workspaces of one displayName",
    { workspaces: [{ name: "a" }, { name: "b", displayName: "A" }] },
    "fabric:workspaces[1].displayName: same displayName as fabric:workspaces[0].name",
  ],

  [
    "a role that does not exist",
    user({ principal: "a@contoso.com", role: "Reader" }),
    "fabric:workspaces[0].users[0].role: must be Admin, Member, Contributor or Viewer",
  ],
  [
    "a misspelled role",
    user({ principal: "a@contoso.com", role: "admin" }),
    "fabric:workspaces[0].users[0].role: must be Admin, Member, Contributor or Viewer; did you mean Admin?",
  ],
  [
    "a principal type that does not exist",
    user({ principal: groupId, type: "Robot", role: "Admin" }),
    "fabric:workspaces[0].users[0].type: must be User, Group, ServicePrincipal or ServicePrincipalProfile",
  ],
  [
    "an object id without its type",
    user({ principal: groupId, role: "Admin" }),
    "fabric:workspaces[0].users[0].type: required with an object id: User, Group, ServicePrincipal or ServicePrincipalProfile",
  ],
  [
    "a user principal name that is a group",
    user({ principal: "a@contoso.com", type: "Group", role: "Admin" }),
    "fabric:workspaces[0].users[0].type: a user principal name is always a User: remove the key, or give an object id",
  ],
  [
    "a principal that is neither",
    user({ principal: "alice", role: "Admin" }),
    "fabric:workspaces[0].users[0].principal: must be a user principal name (alice@contoso.com) or an object id; or, with type Group or ServicePrincipal, a display name",
  ],
  [
    "one person twice under two spellings",
    user({ principal: "a@contoso.com", role: "Admin" }, { principal: "A@Contoso.com", role: "Viewer" }),
    "fabric:workspaces[0].users[1].principal: same principal as fabric:workspaces[0].users[0].principal",
  ],

  [
    "a Git provider that does not exist",
    workspace({ git: { gitProviderType: "Gitlab" } }),
    "fabric:workspaces[0].git.gitProviderType: must be GitHub or AzureDevOps; did you mean GitHub?",
  ],
  [
    "Git without a provider",
    workspace({ git: {} }),
    "fabric:workspaces[0].git.gitProviderType: required: GitHub or AzureDevOps",
  ],
  ["GitHub without an owner", git({ ownerName: undefined }), "fabric:workspaces[0].git.ownerName: required for GitHub"],
  [
    "GitHub without a connection",
    git({ connectionId: undefined }),
    "fabric:workspaces[0].git.connectionId: required for GitHub, which knows no automatic credentials",
  ],
  [
    "GitHub with a key of Azure DevOps",
    git({ projectName: "p" }),
    "fabric:workspaces[0].git.projectName: belongs to the other gitProviderType",
  ],
  [
    "Azure DevOps without a project",
    workspace({ git: { gitProviderType: "AzureDevOps", organizationName: "o", repositoryName: "r", branchName: "b" } }),
    "fabric:workspaces[0].git.projectName: required for AzureDevOps",
  ],
  [
    "a connection that is no id",
    git({ connectionId: "mine" }),
    "fabric:workspaces[0].git.connectionId: must be an id like 01234567-89ab-cdef-0123-456789abcdef",
  ],
  [
    "a repository name that is too long",
    git({ repositoryName: "x".repeat(129) }),
    "fabric:workspaces[0].git.repositoryName: must have at most 128 characters",
  ],
  [
    "a directory outside the branch",
    git({ directoryName: "/a/../.." }),
    "fabric:workspaces[0].git.directoryName: must be a folder of the branch, with / between folders",
  ],
  [
    "an initialization strategy that does not exist",
    git({ initializationStrategy: "None" }),
    "fabric:workspaces[0].git.initializationStrategy: must be PreferRemote or PreferWorkspace",
  ],

  [
    "an item without path and type",
    item({ name: "x" }),
    "fabric:workspaces[0].items[0].type: required where there is no path",
  ],
  [
    "an item without path and name",
    item({ type: "Lakehouse" }),
    "fabric:workspaces[0].items[0].displayName: required where there is neither path nor name",
  ],
  [
    "an item type in another case",
    item({ type: "lakehouse", name: "x" }),
    "fabric:workspaces[0].items[0].type: is spelled Lakehouse",
  ],
  [
    "a misspelled item type",
    item({ type: "Lakehous", name: "x" }),
    "fabric:workspaces[0].items[0].type: Lakehous is no type of items; did you mean Lakehouse?",
  ],
  [
    "a misspelled item type in a .platform file",
    item({ path: "fabric/typo.Notebok" }),
    "fabric:workspaces[0].items[0].path: fabric/typo.Notebok/.platform has the type Notebok, which is none; did you mean Notebook?",
  ],
  [
    "an item description that is too long",
    item({ type: "Lakehouse", name: "x", description: "x".repeat(257) }),
    "fabric:workspaces[0].items[0].description: must have at most 256 characters",
  ],
  [
    "one item twice",
    item({ type: "Lakehouse", displayName: "bronze" }, { type: "Lakehouse", name: "other", displayName: "Bronze" }),
    "fabric:workspaces[0].items[1]: same type and displayName as fabric:workspaces[0].items[0]",
  ],
  [
    "two items with one key",
    item({ type: "Lakehouse", name: "sales" }, { type: "Warehouse", name: "sales" }),
    "fabric:workspaces[0].items[1].name: same name as fabric:workspaces[0].items[0].name",
  ],
  [
    "an item folder that does not exist",
    item({ path: "fabric/no.Notebook" }),
    "fabric:workspaces[0].items[0].path: fabric/no.Notebook does not exist.",
  ],
  [
    "a folder that holds no item",
    item({ path: "fabric/plain" }),
    "fabric:workspaces[0].items[0].path: fabric/plain has no .platform file, so it is not an item's folder in Fabric's Git format.",
  ],
  [
    "an item folder outside the project",
    item({ path: "../x.Notebook" }),
    "fabric:workspaces[0].items[0].path: leads out of the project",
  ],
  [
    "an absolute item folder",
    item({ path: "/etc" }),
    "fabric:workspaces[0].items[0].path: must be relative to the folder of Pulumi.yaml, with / between folders",
  ],
  [
    "an item folder with Windows separators",
    item({ path: "fabric\\ingest.Notebook" }),
    "fabric:workspaces[0].items[0].path: must be relative to the folder of Pulumi.yaml, with / between folders",
  ],
  [
    "another type than the folder's",
    item({ path: "fabric/ingest.Notebook", type: "DataPipeline" }),
    "fabric:workspaces[0].items[0].type: differs from the one in fabric/ingest.Notebook/.platform, which is Notebook: remove the key",
  ],
  [
    "another display name than the folder's",
    item({ path: "fabric/ingest.Notebook", displayName: "load" }),
    "fabric:workspaces[0].items[0].displayName: differs from the one in fabric/ingest.Notebook/.platform: remove the key, or change it there",
  ],
  [
    "a definition of a type that has none",
    item({ path: "fabric/facts.Warehouse" }),
    "fabric:workspaces[0].items[0].path: the service has no definitions for Warehouse: declare type and displayName, and bring its content by Git",
  ],
  [
    "a creation payload beside a definition",
    item({ path: "fabric/ingest.Notebook", creationPayload: {} }),
    "fabric:workspaces[0].items[0].creationPayload: not together with path: the service takes either a definition or a creation payload",
  ],

  [
    "a folder name with a forbidden character",
    item({ type: "Lakehouse", name: "x", folder: "/a/b:c" }),
    'fabric:workspaces[0].items[0].folder: has a folder name with one of ~ " # . & * : < > ? { | } \\ % or a control character',
  ],
  [
    "a folder name with space around it",
    item({ type: "Lakehouse", name: "x", folder: "/a /b" }),
    "fabric:workspaces[0].items[0].folder: has a folder name that begins or ends with a space",
  ],
  [
    "a folder without a name",
    item({ type: "Lakehouse", name: "x", folder: "/a//b" }),
    "fabric:workspaces[0].items[0].folder: has an empty folder name",
  ],
  [
    "a folder name of the service's own",
    item({ type: "Lakehouse", name: "x", folder: "/Recycled" }),
    "fabric:workspaces[0].items[0].folder: has a folder name that the service keeps for itself",
  ],
  [
    "a folder name that is too long",
    item({ type: "Lakehouse", name: "x", folder: "x".repeat(256) }),
    "fabric:workspaces[0].items[0].folder: has a folder name of more than 255 characters",
  ],
  [
    "folders that are too deep",
    item({ type: "Lakehouse", name: "x", folder: "/1/2/3/4/5/6/7/8/9/10/11" }),
    "fabric:workspaces[0].items[0].folder: must be at most 10 folders deep",
  ],
  [
    "one folder under two spellings",
    item({ type: "Lakehouse", name: "x", folder: "/Raw" }, { type: "Lakehouse", name: "y", folder: "/raw" }),
    "fabric:workspaces[0].items[1].folder: is spelled /Raw elsewhere, and the service ignores case",
  ],
  [
    "a folder above two others under two spellings",
    item({ type: "Lakehouse", name: "x", folder: "/Raw/a" }, { type: "Lakehouse", name: "y", folder: "/raw/b" }),
    "fabric:workspaces[0].items[1].folder: is spelled /Raw elsewhere, and the service ignores case",
  ],
];

describe("A configuration is refused for", () => {
  for (const [title, raw, problem] of refused) {
    test(title, () => assert.deepEqual(problemsOf(raw), [problem]));
  }
});
