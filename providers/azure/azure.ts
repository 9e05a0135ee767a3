import { Provider } from "@pulumi/azure-native/provider.js";
import type { Output } from "@pulumi/pulumi/output.js";
import type { CustomResource } from "@pulumi/pulumi/resource.js";
import type { AzureConfig, StackConfig } from "../../lib/config/stackConfig.ts";
import { AzureEnvironment } from "./environment.ts";
import { AzureFoundation } from "./foundation.ts";
import type { DeployedIdentity } from "./foundation.ts";

/*
 * Loaded only if `fabric:azure` is declared: azure-native slows the start of every preview, and its plugin is a big
 * download. Its services are imported one by one, because its main entry loads all of them.
 */

/** What the Azure side of a stack gives to the rest of it, and to the outside. */
export interface Azure {
  /** The capacity that workspaces can name, and then must wait for. */
  readonly capacity?: { readonly name: string; readonly resource: CustomResource } | undefined;
  /** Output `azure` of the stack. */
  readonly outputs: EnvironmentOutputs | FoundationOutputs;
}

/** Outputs of an environment. */
export interface EnvironmentOutputs {
  /** For APPLICATIONINSIGHTS_CONNECTION_STRING; a secret. */
  readonly connectionString?: Output<string> | undefined;
}

/** Outputs of a foundation, in the form that other stacks need. */
export interface FoundationOutputs {
  /** For PULUMI_BACKEND_URL. */
  readonly backendUrl: string;
  /** For `fabric:transactionLog`. */
  readonly transactionLog: string;
  /** For `fabric:keyVaultUrl`. */
  readonly keyVaultUrl: string;
  readonly deployer: DeployedIdentity;
  readonly previewer?: DeployedIdentity | undefined;
}

/**
 * Declares what `fabric:azure` says.
 * @param stack tenantId, which the rules of the configuration require for a foundation; and protectData, which decides
 * whether the resources of an environment are protected. Those of a foundation always are
 */
export function declareAzure(azure: AzureConfig, stack: Pick<StackConfig, "tenantId" | "protectData">): Azure {
  const { tenantId, protectData } = stack;
  // an explicit provider, so that no default subscription of the person who deploys decides
  const provider = new Provider("azure", { subscriptionId: azure.subscriptionId, ...(tenantId && { tenantId }) });
  if (azure.foundation) {
    const { foundation } = azure;
    const { name, stateContainer, logContainer } = foundation.storageAccount;
    const { deployer, previewer } = new AzureFoundation(azure, foundation, tenantId ?? "", { provider });
    return {
      outputs: {
        backendUrl: `azblob://${stateContainer}?storage_account=${name}`,
        transactionLog: `https://${name}.blob.core.windows.net/${logContainer}`,
        keyVaultUrl: `https://${foundation.keyVault.name}.vault.azure.net`,
        deployer,
        previewer,
      },
    };
  }
  const { capacity, connectionString } = new AzureEnvironment(azure, protectData, { provider });
  return {
    capacity: azure.capacity && capacity && { name: azure.capacity.name, resource: capacity },
    outputs: { connectionString },
  };
}
