import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentOutputs, FoundationOutputs } from "../../../providers/azure/azure.ts";
import { declareWithMocks, exampleConfig, valueOf } from "./declaredAzure.ts";
import type { AzureStackConfig, Declared, DeclaredAzure } from "./declaredAzure.ts";

const typeIn = (resources: readonly Declared[], type: string) =>
  resources.filter((resource) => resource.type === `azure-native:${type}`);
const inputsOf = (resources: readonly Declared[], type: string) => typeIn(resources, type)[0]?.inputs ?? {};

describe("the resources of the example stacks", () => {
  // FABRIC_WRITE_GOLDEN=true writes the file anew; read its difference before you commit it
  for (const stack of ["foundation", "dev"]) {
    it(`The resources of the example stacks ${stack} are those of the golden list, with every input`, async () => {
      const { resources } = await declareWithMocks(exampleConfig(stack));
      const file = join(import.meta.dirname, `azure.${stack}.golden.json`);
      if (process.env["FABRIC_WRITE_GOLDEN"] === "true") writeFileSync(file, `${JSON.stringify(resources, null, 2)}\n`);
      assert.deepEqual(resources, JSON.parse(readFileSync(file, "utf8")));
    });
  }
});

describe("a foundation", () => {
  let foundation: DeclaredAzure;
  before(async () => {
    foundation = await declareWithMocks(exampleConfig("foundation"));
  });

  it("A foundation keeps state and log where only Entra identities get in, over TLS, and where mistakes can be undone", () => {
    const account = inputsOf(foundation.resources, "storage:StorageAccount");
    assert.equal(account["enableHttpsTrafficOnly"], true);
    assert.equal(account["minimumTlsVersion"], "TLS1_2");
    assert.equal(account["allowBlobPublicAccess"], false);
    assert.equal(account["allowSharedKeyAccess"], false);
    const blobs = inputsOf(foundation.resources, "storage:BlobServiceProperties");
    assert.equal(blobs["isVersioningEnabled"], true);
    assert.deepEqual(blobs["deleteRetentionPolicy"], { enabled: true, days: 90 });
    assert.deepEqual(blobs["containerDeleteRetentionPolicy"], { enabled: true, days: 90 });
    const containers = typeIn(foundation.resources, "storage:BlobContainer");
    assert.deepEqual(
      containers.map(({ name, inputs }) => [name, inputs["publicAccess"]]),
      [
        ["pulumi-state", "None"],
        ["transaction-log", "None"],
      ],
    );
  });

  it("A foundation keeps secrets in a vault that asks for roles and cannot be purged", () => {
    const { properties } = inputsOf(foundation.resources, "keyvault:Vault") as { properties: Record<string, unknown> };
    assert.equal(properties["enableRbacAuthorization"], true);
    assert.equal(properties["enableSoftDelete"], true);
    assert.equal(properties["enablePurgeProtection"], true);
    assert.equal(properties["accessPolicies"], undefined);
  });

  it("A foundation gives each identity the roles it needs, each on one container or vault", () => {
    const assignments = typeIn(foundation.resources, "authorization:RoleAssignment");
    assert.deepEqual(
      assignments.map(({ name }) => name),
      [
        "3f2b8a51-0c6d-4e0e-9a51-6d0f1c7b2e10/Key Vault Secrets Officer/kv-contoso-fabric",
        "3f2b8a51-0c6d-4e0e-9a51-6d0f1c7b2e10/Storage Blob Data Contributor/pulumi-state",
        "3f2b8a51-0c6d-4e0e-9a51-6d0f1c7b2e10/Storage Blob Data Contributor/transaction-log",
        "id-fabric-deployer/Key Vault Secrets User/kv-contoso-fabric",
        "id-fabric-deployer/Storage Blob Data Contributor/pulumi-state",
        "id-fabric-deployer/Storage Blob Data Contributor/transaction-log",
        "id-fabric-previewer/Storage Blob Data Reader/pulumi-state",
        "id-fabric-previewer/Storage Blob Data Reader/transaction-log",
      ],
    );
    for (const { name, inputs } of assignments) {
      const [principal, , scope] = name.split("/");
      assert.equal(inputs["scope"], `/id/of/${scope}`);
      assert.ok([principal, `principalId of ${principal}`].includes(inputs["principalId"] as string));
    }
  });

  it("A foundation lets pipelines sign in without a secret, and pull requests only as the previewer", () => {
    const credentials = typeIn(foundation.resources, "managedidentity:FederatedIdentityCredential");
    assert.deepEqual(
      credentials.map(({ inputs }) => [inputs["resourceName"], inputs["subject"]]),
      [
        ["id-fabric-deployer", "sc://contoso/data-platform/fabric-prod"],
        ["id-fabric-deployer", "repo:contoso/fabric-environments:environment:dev"],
        ["id-fabric-deployer", "repo:contoso/fabric-environments:environment:prod"],
        ["id-fabric-previewer", "repo:contoso/fabric-environments:pull_request"],
        // the workflow `deploy` makes its plans there
        ["id-fabric-previewer", "repo:contoso/fabric-environments:environment:dev-plan"],
        ["id-fabric-previewer", "repo:contoso/fabric-environments:environment:prod-plan"],
      ],
    );
    assert.ok(credentials.every(({ inputs }) => String(inputs["audiences"]) === "api://AzureADTokenExchange"));
  });

  it("A foundation tells other stacks what to configure, and none of it is secret", async () => {
    const { deployer, previewer, ...addresses } = foundation.azure.outputs as FoundationOutputs;
    assert.deepEqual(addresses, {
      backendUrl: "azblob://pulumi-state?storage_account=contosofabricstate",
      transactionLog: "https://contosofabricstate.blob.core.windows.net/transaction-log",
      keyVaultUrl: "https://kv-contoso-fabric.vault.azure.net",
    });
    assert.equal(await valueOf(deployer.clientId), "clientId of id-fabric-deployer");
    assert.equal(previewer && (await valueOf(previewer.principalId)), "principalId of id-fabric-previewer");
  });

  it("A foundation needs neither a previewer nor operators", async () => {
    const config = exampleConfig("foundation");
    const { previewer: _previewer, ...rest } = config.azure.foundation ?? assert.fail();
    const least = { ...config, azure: { ...config.azure, foundation: { ...rest, operators: [] } } };
    const { resources, azure } = await declareWithMocks(least);
    assert.equal(typeIn(resources, "managedidentity:UserAssignedIdentity").length, 1);
    assert.equal(typeIn(resources, "authorization:RoleAssignment").length, 3);
    assert.equal((azure.outputs as FoundationOutputs).previewer, undefined);
  });
});

describe("an environment", () => {
  const dev = exampleConfig("dev");
  const only = (...keys: ("capacity" | "applicationInsights")[]): AzureStackConfig => {
    const { capacity, applicationInsights, ...basics } = dev.azure;
    const declared = { capacity, applicationInsights };
    return { ...dev, azure: { ...basics, ...Object.fromEntries(keys.map((key) => [key, declared[key]])) } };
  };

  it("An environment gives its connection string as a secret", async () => {
    const { connectionString } = (await declareWithMocks(dev)).azure.outputs as EnvironmentOutputs;
    assert.ok(connectionString);
    assert.equal(await pulumi.isSecret(connectionString), true);
    assert.equal(await valueOf(connectionString), "connectionString of appi-fabric-dev");
  });

  it("An environment has what it declares and no more", async () => {
    const typesOf = async (config: AzureStackConfig) =>
      (await declareWithMocks(config)).resources.map(({ type }) => type.split(":").at(-1));
    assert.deepEqual(await typesOf(only("capacity")), [
      "FabricCapacity",
      "ResourceGroup",
      "AzureEnvironment",
      "azure-native",
    ]);
    assert.deepEqual(await typesOf(only("applicationInsights")), [
      "Component",
      "Workspace",
      "ResourceGroup",
      "AzureEnvironment",
      "azure-native",
    ]);
  });

  it("An environment goes into the subscription and tenant of its stack, whatever the machine is signed in to", async () => {
    const { resources } = await declareWithMocks(dev);
    const provider = resources.find(({ type }) => type === "pulumi:providers:azure-native");
    assert.deepEqual(provider?.inputs, {
      environment: "public",
      subscriptionId: dev.azure.subscriptionId,
      tenantId: dev.tenantId,
    });
  });
});
