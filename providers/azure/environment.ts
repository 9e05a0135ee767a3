import applicationInsights from "@pulumi/azure-native/applicationinsights/index.js";
import fabric from "@pulumi/azure-native/fabric/index.js";
import operationalInsights from "@pulumi/azure-native/operationalinsights/index.js";
import resources from "@pulumi/azure-native/resources/index.js";
import type { Output } from "@pulumi/pulumi/output.js";
import output from "@pulumi/pulumi/output.js";
import type { ComponentResourceOptions, CustomResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import resource from "@pulumi/pulumi/resource.js";
import type { AzureConfig } from "../../lib/config/stackConfig.ts";
import type { CapacityConfig, ApplicationInsightsConfig } from "../../lib/config/schema/azureSchema.ts";

/**
 * The Azure resources of one environment: a resource group, and in it the Fabric capacity that its workspaces run on, and
 * Application Insights for its telemetry. All go when the environment is destroyed.
 */
export class AzureEnvironment extends resource.ComponentResource {
  /** Absent if none is declared. Workspaces on it must wait for it. */
  readonly capacity: CustomResource | undefined;
  /** Destination of telemetry, as APPLICATIONINSIGHTS_CONNECTION_STRING takes it; a secret. Absent if none is declared. */
  readonly connectionString: Output<string> | undefined;

  readonly #own: CustomResourceOptions;
  readonly #place: { resourceGroupName: Output<string>; location: string; tags: Record<string, string> };

  /** @param protect whether its resources are protected from deletion and replacement */
  constructor(azure: AzureConfig, protect: boolean, opts: ComponentResourceOptions) {
    super("fabric:AzureEnvironment", azure.resourceGroup, {}, opts);
    // the names are fixed, so the old resource must be deleted before the new one is created
    this.#own = { parent: this, protect, deleteBeforeReplace: true };
    const { location, tags, resourceGroup } = azure;
    const group = new resources.ResourceGroup(
      resourceGroup,
      { resourceGroupName: resourceGroup, location, tags },
      this.#own,
    );
    this.#place = { resourceGroupName: group.name, location, tags };
    this.capacity = azure.capacity && this.#makeCapacity(azure.capacity);
    this.connectionString = azure.applicationInsights && this.#makeInsights(azure.applicationInsights);
    this.registerOutputs({});
  }

  #makeCapacity({ name, sku, administrators }: CapacityConfig): CustomResource {
    return new fabric.FabricCapacity(
      name,
      {
        ...this.#place,
        capacityName: name,
        sku: { name: sku, tier: "Fabric" },
        administration: { members: administrators },
      },
      this.#own,
    );
  }

  /** @returns the connection string */
  #makeInsights(declared: ApplicationInsightsConfig): Output<string> {
    const logs = new operationalInsights.Workspace(
      declared.logAnalyticsWorkspace,
      {
        ...this.#place,
        workspaceName: declared.logAnalyticsWorkspace,
        sku: { name: "PerGB2018" },
        retentionInDays: declared.retentionInDays,
        workspaceCapping: { dailyQuotaGb: declared.dailyQuotaGb },
      },
      this.#own,
    );
    const insights = new applicationInsights.Component(
      declared.name,
      {
        ...this.#place,
        resourceName: declared.name,
        applicationType: "web",
        kind: "web",
        ingestionMode: "LogAnalytics",
        workspaceResourceId: logs.id,
      },
      // the string allows writing telemetry, so it is encrypted in the state too
      { ...this.#own, additionalSecretOutputs: ["connectionString", "instrumentationKey"] },
    );
    return output.secret(insights.connectionString);
  }
}
