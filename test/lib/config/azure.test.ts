import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { federatedToken } from "../../../lib/signIn/federatedToken.ts";
import { assertForeignBackend } from "../../../lib/project/stateBackend.ts";
import { azure, azureBasics, foundation, groupId, problemsOf, read } from "./exampleStack.ts";

const capacity = { name: "fabricdev", sku: "F2", administrators: ["alice@contoso.com"] };
const applicationInsights = { name: "appi", logAnalyticsWorkspace: "logs" };
const gitHub = { provider: "GitHub", name: "github", repository: "contoso/fabric" };
const devOps = {
  provider: "AzureDevOps",
  name: "devops",
  issuer: "https://vstoken.dev.azure.com/o",
  subject: "sc://a",
};
const deployerWith = (...federatedCredentials: Record<string, unknown>[]) =>
  foundation({ deployer: { name: "id-deployer", federatedCredentials } });

describe("Azure resources are accepted", () => {
  test("Azure resources are accepted with every default where a key is absent", () => {
    assert.deepEqual(read(azure({ capacity, applicationInsights })).azure, {
      ...azureBasics,
      tags: {},
      capacity,
      applicationInsights: { ...applicationInsights, retentionInDays: 30, dailyQuotaGb: 1 },
    });
  });

  test("Azure resources are accepted as a foundation, with the defaults of one", () => {
    assert.deepEqual(read(foundation({})).azure?.foundation, {
      storageAccount: {
        name: "contosofabricstate",
        sku: "Standard_ZRS",
        stateContainer: "pulumi-state",
        logContainer: "transaction-log",
        retentionInDays: 90,
      },
      keyVault: { name: "kv-contoso-fabric" },
      deployer: { name: "id-deployer", federatedCredentials: [] },
      operators: [],
    });
  });

  test("Azure resources are accepted as a foundation whose pull requests are previewed by an identity of their own", () => {
    const pullRequests = { name: "id-previewer", federatedCredentials: [{ ...gitHub, pullRequest: true }] };
    assert.deepEqual(problemsOf(foundation({ previewer: pullRequests })), []);
  });

  test("Azure resources are accepted as a foundation that the log and secrets of another one are kept in", () => {
    const elsewhere = { keyVaultUrl: "https://kv-other.vault.azure.net" };
    assert.deepEqual(problemsOf(foundation({}, elsewhere)), []);
  });
});

/** What is wrong, and the problems that are reported for it. */
const refused: [title: string, raw: Record<string, unknown>, ...problems: string[]][] = [
  [
    "nothing in them",
    { workspaces: [], azure: {} },
    "fabric:azure.location: required",
    "fabric:azure.resourceGroup: required",
    "fabric:azure.subscriptionId: required",
  ],
  ["a key that does not exist", azure({ capcity: {} }), "fabric:azure.capcity: unknown key; did you mean capacity?"],
  [
    "a region by its long name",
    azure({ location: "West Europe" }),
    "fabric:azure.location: must be the short name of a region, like westeurope",
  ],
  [
    "a resource group that ends in a point",
    azure({ resourceGroup: "rg." }),
    "fabric:azure.resourceGroup: must be at most 90 letters, digits and ( ) . _ -, no point last",
  ],
  [
    "a tag that is no text",
    azure({ tags: { cost: 7 } }),
    "fabric:azure.tags.cost: must be text (numbers and true or false need quotes to be text)",
  ],
  [
    "the emulator, which stands on none",
    azure({ capacity }, { endpoint: "emulator" }),
    "fabric:azure: not together with endpoint: emulator, which stands on no Azure resources",
  ],
  [
    "a capacity name with a hyphen",
    azure({ capacity: { ...capacity, name: "fabric-dev" } }),
    "fabric:azure.capacity.name: must be 3 to 63 lower-case letters and digits, a letter first",
  ],
  [
    "a capacity size that does not exist",
    azure({ capacity: { ...capacity, sku: "F3" } }),
    "fabric:azure.capacity.sku: must be F2, F4, F8, F16, F32, F64, F128, F256, F512, F1024 or F2048; did you mean F2?",
  ],
  [
    "a capacity that nobody could use",
    azure({ capacity: { ...capacity, administrators: [] } }),
    "fabric:azure.capacity.administrators: must name somebody: nobody else could use the capacity",
  ],
  [
    "a capacity administrator by display name",
    azure({ capacity: { ...capacity, administrators: ["Alice"] } }),
    "fabric:azure.capacity.administrators[0]: must be a user principal name (alice@contoso.com), or the object id of a service principal",
  ],
  [
    "a retention that Log Analytics does not have",
    azure({ applicationInsights: { ...applicationInsights, retentionInDays: 7 } }),
    "fabric:azure.applicationInsights.retentionInDays: must be a number of days from 30 to 730",
  ],
  [
    "a quota of nothing",
    azure({ applicationInsights: { ...applicationInsights, dailyQuotaGb: 0 } }),
    "fabric:azure.applicationInsights.dailyQuotaGb: must be more than 0",
  ],
  [
    "a quota in words",
    azure({ applicationInsights: { ...applicationInsights, dailyQuotaGb: "much" } }),
    "fabric:azure.applicationInsights.dailyQuotaGb: must be a number",
  ],

  [
    "a foundation beside workspaces and a capacity, which it outlives",
    foundation({}, { workspaces: [{ name: "sales" }] }, { capacity }),
    "fabric:azure.foundation: belongs into a stack of its own, because it outlives environments and holds their state: not together with fabric:workspaces and azure.capacity",
  ],
  [
    "a foundation without a tenant",
    foundation({}, { tenantId: undefined }),
    "fabric:tenantId: required with azure.foundation: a key vault belongs to one",
  ],
  [
    "a foundation that would be rolled back",
    foundation({}, { features: { useRollback: true } }),
    "fabric:features.useRollback: not with azure.foundation: the name of a vault that was taken back stays taken for 90 days",
  ],
  [
    "a foundation whose secrets are in the vault that it makes",
    foundation({}, { keyVaultUrl: "https://kv-contoso-fabric.vault.azure.net" }),
    "fabric:keyVaultUrl: is the vault that this stack makes: a stack must not hold its own secrets",
  ],
  [
    "a storage account name with a capital",
    foundation({ storageAccount: { name: "Contoso" } }),
    "fabric:azure.foundation.storageAccount.name: must be 3 to 24 lower-case letters and digits",
  ],
  [
    "one container for state and log",
    foundation({ storageAccount: { name: "contoso", logContainer: "pulumi-state" } }),
    "fabric:azure.foundation.storageAccount.logContainer: same container as stateContainer",
  ],
  [
    "a vault name with two hyphens in a row",
    foundation({ keyVault: { name: "kv--contoso" } }),
    "fabric:azure.foundation.keyVault.name: must be 3 to 24 letters, digits and single hyphens, a letter first",
  ],
  [
    "one identity that deploys and previews",
    foundation({ previewer: { name: "id-deployer" } }),
    "fabric:azure.foundation.previewer.name: same name as fabric:azure.foundation.deployer.name",
  ],
  [
    "a deployer that pull requests can sign in as",
    deployerWith({ ...gitHub, pullRequest: true }),
    "fabric:azure.foundation.deployer.federatedCredentials[0].pullRequest: whoever opens a pull request could deploy: let the previewer have it",
  ],
  [
    "a credential for a whole repository",
    deployerWith(gitHub),
    "fabric:azure.foundation.deployer.federatedCredentials[0]: must have one of environment, branch and pullRequest",
  ],
  [
    "a credential for an environment and a branch",
    deployerWith({ ...gitHub, environment: "dev", branch: "main" }),
    "fabric:azure.foundation.deployer.federatedCredentials[0]: must have one of environment, branch and pullRequest",
  ],
  [
    "two credentials of one name",
    deployerWith({ ...gitHub, branch: "main" }, { ...gitHub, branch: "next" }),
    "fabric:azure.foundation.deployer.federatedCredentials[1].name: same name as fabric:azure.foundation.deployer.federatedCredentials[0].name",
  ],
  [
    "two credentials for the same token, which Azure refuses",
    deployerWith({ ...gitHub, branch: "main" }, { ...gitHub, name: "other", branch: "main" }),
    "fabric:azure.foundation.deployer.federatedCredentials[1]: same subject as fabric:azure.foundation.deployer.federatedCredentials[0]",
  ],
  [
    "a credential of Azure DevOps with a key of GitHub",
    deployerWith({ ...devOps, branch: "main" }),
    "fabric:azure.foundation.deployer.federatedCredentials[0].branch: belongs to the other provider",
  ],
  [
    "an issuer without TLS",
    deployerWith({ ...devOps, issuer: "http://vstoken.dev.azure.com/o" }),
    "fabric:azure.foundation.deployer.federatedCredentials[0].issuer: must be an https address",
  ],
  [
    "an operator by name",
    foundation({ operators: [{ principal: "alice@contoso.com", type: "User" }] }),
    "fabric:azure.foundation.operators[0].principal: must be an id like 01234567-89ab-cdef-0123-456789abcdef",
  ],
  [
    "an operator of no kind",
    foundation({ operators: [{ principal: groupId }] }),
    "fabric:azure.foundation.operators[0].type: required",
  ],
];

describe("Azure resources are refused for", () => {
  for (const [title, raw, ...problems] of refused) {
    test(title, () => assert.deepEqual(problemsOf(raw), problems));
  }

  test("Azure resources are refused for a log in the storage account that the same stack makes", () => {
    const own = foundation({}, { transactionLog: "https://contosofabricstate.blob.core.windows.net/transaction-log" });
    const other = foundation({}, { transactionLog: "https://contosologs.blob.core.windows.net/transaction-log" });
    const problem =
      "fabric:transactionLog: is in the storage account that this stack makes: a stack must not hold its own log";
    assert.ok(problemsOf(own).includes(problem));
    assert.ok(!problemsOf(other).includes(problem));
  });

  test("Azure resources are refused for a state in the storage account that the same stack makes", () => {
    const project = mkdtempSync(join(tmpdir(), "project-"));
    const write = (url: string) => writeFileSync(join(project, "Pulumi.yaml"), `backend: { url: "${url}" }\n`);
    const isRefused = (env: NodeJS.ProcessEnv) => {
      try {
        assertForeignBackend("contoso", env, project);
        return false;
      } catch (error) {
        assert.match(String(error), /storage account 'contoso', which the stack itself makes.*Keep it elsewhere/);
        return true;
      }
    };
    write("file://./.fabric/state");
    const inEnvironment = (url: string) => ({ PULUMI_BACKEND_URL: url });
    assert.equal(isRefused(inEnvironment("azblob://pulumi-state?storage_account=contoso")), true);
    assert.equal(isRefused({ ...inEnvironment("azblob://pulumi-state"), AZURE_STORAGE_ACCOUNT: "contoso" }), true);
    assert.equal(isRefused(inEnvironment("azblob://pulumi-state?storage_account=contoso2")), false);
    assert.equal(isRefused(inEnvironment("https://api.pulumi.com")), false);
    assert.equal(isRefused({}), false);
    write("azblob://pulumi-state?storage_account=contoso");
    assert.equal(isRefused({}), true);
    assert.doesNotThrow(() => assertForeignBackend(undefined, {}, project), "a stack that makes no account");
    rmSync(project, { recursive: true });
  });
});

describe("A federated credential means", () => {
  const subject = (limit: { environment?: string; branch?: string; pullRequest?: true }) =>
    federatedToken({ provider: "GitHub", name: "github", repository: "contoso/fabric", ...limit }).subject;

  test("A federated credential means for GitHub, the jobs of one environment, the runs of one branch, or pull requests", () => {
    assert.equal(subject({ environment: "prod" }), "repo:contoso/fabric:environment:prod");
    assert.equal(subject({ environment: "eu:prod" }), "repo:contoso/fabric:environment:eu%3Aprod");
    assert.equal(subject({ branch: "release/1" }), "repo:contoso/fabric:ref:refs/heads/release/1");
    assert.equal(subject({ pullRequest: true }), "repo:contoso/fabric:pull_request");
  });

  test("A federated credential means for Azure DevOps, what the service connection shows", () => {
    const issuer = "https://vstoken.dev.azure.com/o";
    assert.deepEqual(federatedToken({ provider: "AzureDevOps", name: "devops", issuer, subject: "sc://a/b/c" }), {
      issuer,
      subject: "sc://a/b/c",
    });
  });
});
