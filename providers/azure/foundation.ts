import vaults from "@pulumi/azure-native/keyvault/index.js";
import managedIdentity from "@pulumi/azure-native/managedidentity/index.js";
import resources from "@pulumi/azure-native/resources/index.js";
import storage from "@pulumi/azure-native/storage/index.js";
import type { Output } from "@pulumi/pulumi/output.js";
import type { ComponentResourceOptions, CustomResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import resource from "@pulumi/pulumi/resource.js";
import { federatedToken } from "../../lib/signIn/federatedToken.ts";
import type { AzureConfig } from "../../lib/config/stackConfig.ts";
import type { FoundationConfig, IdentityConfig } from "../../lib/config/schema/azureSchema.ts";
import { assignRole } from "./role.ts";
import type { AzurePrincipal, AzureRole, RoleGrant } from "./role.ts";

/** Audience that Entra ID requires in a pipeline's token. */
const AUDIENCE = "api://AzureADTokenExchange";

/** What a pipeline needs to sign in as an identity; nothing of it is secret. */
export interface DeployedIdentity {
  /** For AZURE_CLIENT_ID. */
  readonly clientId: Output<string>;
  /** Object id: for `administrators` of a capacity and `users` of a workspace. */
  readonly principalId: Output<string>;
}

/**
 * What outlives all environments: the storage account that holds their state and transaction logs, the vault of their
 * secrets, and the identities that pipelines sign in as. Everything is protected, so that neither `up` nor `destroy` can
 * delete or replace it.
 */
export class AzureFoundation extends resource.ComponentResource {
  /** Identity that pipelines deploy as. */
  readonly deployer: DeployedIdentity;
  /** Identity that pipelines preview pull requests as; absent if none is declared. */
  readonly previewer: DeployedIdentity | undefined;

  readonly #own: CustomResourceOptions;
  readonly #place: { resourceGroupName: Output<string>; location: string; tags: Record<string, string> };

  constructor(azure: AzureConfig, foundation: FoundationConfig, tenantId: string, opts: ComponentResourceOptions) {
    super("fabric:AzureFoundation", azure.resourceGroup, {}, opts);
    this.#own = { parent: this, protect: true };
    const { location, tags, resourceGroup, subscriptionId } = azure;
    const group = new resources.ResourceGroup(
      resourceGroup,
      { resourceGroupName: resourceGroup, location, tags },
      this.#own,
    );
    this.#place = { resourceGroupName: group.name, location, tags };

    const { storageAccount, keyVault } = foundation;
    const [state, log] = this.#makeStorage(storageAccount);
    const vault = this.#makeVault(keyVault.name, tenantId);
    const onContainers = (role: AzureRole) => [
      { role, scope: state, scopeName: storageAccount.stateContainer },
      { role, scope: log, scopeName: storageAccount.logContainer },
    ];
    const onVault = (role: AzureRole) => ({ role, scope: vault, scopeName: keyVault.name });
    const give = (principal: AzurePrincipal, grants: Omit<RoleGrant, "principal" | "subscriptionId">[]) => {
      for (const grant of grants) assignRole({ ...grant, principal, subscriptionId }, this.#own);
    };

    const deployer = this.#makeIdentity(foundation.deployer);
    this.deployer = deployer.identity;
    give(deployer.principal, [...onContainers("Storage Blob Data Contributor"), onVault("Key Vault Secrets User")]);
    const previewer = foundation.previewer && this.#makeIdentity(foundation.previewer);
    this.previewer = previewer?.identity;
    // the code of a pull request runs as it: no secret, and nothing to write
    if (previewer) give(previewer.principal, onContainers("Storage Blob Data Reader"));
    for (const { principal, type } of foundation.operators) {
      give({ name: principal, principalId: principal, principalType: type }, [
        ...onContainers("Storage Blob Data Contributor"),
        onVault("Key Vault Secrets Officer"),
      ]);
    }
    this.registerOutputs({});
  }

  /** @returns the containers of state and log */
  #makeStorage(declared: FoundationConfig["storageAccount"]): [state: CustomResource, log: CustomResource] {
    const account = new storage.StorageAccount(
      declared.name,
      {
        ...this.#place,
        accountName: declared.name,
        kind: "StorageV2",
        sku: { name: declared.sku },
        enableHttpsTrafficOnly: true,
        minimumTlsVersion: "TLS1_2",
        allowBlobPublicAccess: false,
        // an account key would give its holder everything, and cannot be limited to one container
        allowSharedKeyAccess: false,
        defaultToOAuthAuthentication: true,
        allowCrossTenantReplication: false,
      },
      this.#own,
    );
    const inAccount = { resourceGroupName: this.#place.resourceGroupName, accountName: account.name };
    const kept = { enabled: true, days: declared.retentionInDays };
    const blobs = new storage.BlobServiceProperties(
      `${declared.name}/blobs`,
      {
        ...inAccount,
        blobServicesName: "default",
        isVersioningEnabled: true,
        deleteRetentionPolicy: kept,
        containerDeleteRetentionPolicy: kept,
      },
      this.#own,
    );
    // every checkpoint of every deployment is a version: without an end they would only grow
    new storage.ManagementPolicy(
      `${declared.name}/old-versions`,
      {
        ...inAccount,
        managementPolicyName: "default",
        policy: {
          rules: [
            {
              name: "delete-old-versions",
              type: "Lifecycle",
              enabled: true,
              definition: {
                filters: { blobTypes: ["blockBlob"] },
                actions: { version: { delete: { daysAfterCreationGreaterThan: declared.retentionInDays } } },
              },
            },
          ],
        },
      },
      { ...this.#own, dependsOn: blobs },
    );
    const container = (name: string) =>
      new storage.BlobContainer(name, { ...inAccount, containerName: name, publicAccess: "None" }, this.#own);
    return [container(declared.stateContainer), container(declared.logContainer)];
  }

  #makeVault(name: string, tenantId: string): CustomResource {
    return new vaults.Vault(
      name,
      {
        ...this.#place,
        vaultName: name,
        properties: {
          tenantId,
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 90,
          // permanent: Azure does not allow to switch it off again
          enablePurgeProtection: true,
        },
      },
      this.#own,
    );
  }

  #makeIdentity(declared: IdentityConfig): { identity: DeployedIdentity; principal: AzurePrincipal } {
    const { name } = declared;
    const identity = new managedIdentity.UserAssignedIdentity(name, { ...this.#place, resourceName: name }, this.#own);
    // Azure refuses to write two credentials of one identity at a time, so each waits for the one before
    let before: CustomResource[] = [];
    for (const credential of declared.federatedCredentials) {
      const made = new managedIdentity.FederatedIdentityCredential(
        `${name}/${credential.name}`,
        {
          resourceGroupName: this.#place.resourceGroupName,
          resourceName: identity.name,
          federatedIdentityCredentialResourceName: credential.name,
          audiences: [AUDIENCE],
          ...federatedToken(credential),
        },
        { ...this.#own, dependsOn: before },
      );
      before = [made];
    }
    const { clientId, principalId } = identity;
    return {
      identity: { clientId, principalId },
      principal: { name, principalId, principalType: "ServicePrincipal" },
    };
  }
}
