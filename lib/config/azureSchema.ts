import { z } from "zod";
import { id, shaped, text, whole } from "./value.ts";

/** Sizes of a Fabric capacity. */
export const capacitySkus = ["F2", "F4", "F8", "F16", "F32", "F64", "F128", "F256", "F512", "F1024", "F2048"] as const;

/** A user principal name, or the object id of a service principal or managed identity. */
const PRINCIPAL = /^([^@\s]+@[^@\s]+|[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12})$/i;

const capacitySchema = z.strictObject({
  /** Name in Azure and display name in Fabric, by which `capacity` of a workspace names it. 3 to 63 lower-case letters and digits. */
  name: shaped(/^[a-z][a-z0-9]{2,62}$/, "must be 3 to 63 lower-case letters and digits, a letter first"),
  /** Size, which is what it costs by the hour while it runs. */
  sku: z.enum(capacitySkus),
  /**
   * Who may assign workspaces to it: user principal names, and object ids of service principals and managed identities.
   * The deploying identity belongs here, because Fabric hides a capacity from everybody else.
   */
  administrators: z
    .array(
      shaped(PRINCIPAL, "must be a user principal name (alice@contoso.com), or the object id of a service principal"),
    )
    .min(1, "must name somebody: nobody else could use the capacity"),
});

const applicationInsightsSchema = z.strictObject({
  /** Name of the Application Insights component that receives the telemetry. */
  name: shaped(/^[\w().-]{0,254}[\w()-]$/, "must be at most 255 letters, digits and ( ) . _ -, no point last"),
  /** Name of the Log Analytics workspace that keeps it. 4 to 63 letters, digits and hyphens. */
  logAnalyticsWorkspace: shaped(
    /^[a-z\d][a-z\d-]{2,61}[a-z\d]$/i,
    "must be 4 to 63 letters, digits and hyphens, no hyphen at an end",
  ),
  /** How long telemetry is kept, in days. The first 31 days cost nothing extra. */
  retentionInDays: whole(30, 730, "must be a number of days from 30 to 730").default(30),
  /** After how many gigabytes a day the workspace takes no more, as a limit of its cost. */
  dailyQuotaGb: z.number().positive("must be more than 0").default(1),
});

const credentialName = shaped(
  /^[a-z\d][\w-]{2,119}$/i,
  "must be 3 to 120 letters, digits, - and _, a letter or digit first",
);

const federatedCredentialSchema = z.discriminatedUnion("provider", [
  z.strictObject({
    /** Discriminator: who issues the token that is exchanged. */
    provider: z.literal("GitHub"),
    /** Name of the federated credential, unique in its identity. */
    name: credentialName,
    /** Repository whose workflows may sign in: `owner/name`. */
    repository: shaped(/^[\w.-]+\/[\w.-]+$/, "must be owner/name"),
    /** Only jobs of this environment. One of `environment`, `branch` and `pullRequest` is required. */
    environment: text(255).optional(),
    /** Only runs of this branch. */
    branch: text(250).optional(),
    /** Runs for pull requests. Only for the previewer: whoever opens one decides what it runs. */
    pullRequest: z.literal(true, "must be true, or be left out").optional(),
  }),
  z.strictObject({
    /** Discriminator: who issues the token that is exchanged. */
    provider: z.literal("AzureDevOps"),
    /** Name of the federated credential, unique in its identity. */
    name: credentialName,
    /** As the service connection shows it; https. */
    issuer: shaped(/^https:\/\/[^\s?#@]+$/, "must be an https address"),
    /** As the service connection shows it: `sc://ORGANIZATION/PROJECT/CONNECTION`, or the newer one that begins with `/eid1/`. */
    subject: text(600),
  }),
]);

const identitySchema = z.strictObject({
  /** Name of the user-assigned managed identity. */
  name: shaped(/^[a-z\d][\w-]{2,127}$/i, "must be 3 to 128 letters, digits, - and _, a letter or digit first"),
  /** Pipelines that may sign in as the identity, without any secret. Azure takes at most 20. */
  federatedCredentials: z.array(federatedCredentialSchema).max(20, "must be at most 20").default([]),
});

const container = shaped(
  /^(?=.{3,63}$)[a-z\d]+(-[a-z\d]+)*$/,
  "must be 3 to 63 lower-case letters, digits and single hyphens",
);

const foundationSchema = z.strictObject({
  /** Where the state and the transaction logs of other stacks are kept. */
  storageAccount: z.strictObject({
    /** Unique in all of Azure. 3 to 24 lower-case letters and digits. */
    name: shaped(/^[a-z\d]{3,24}$/, "must be 3 to 24 lower-case letters and digits"),
    /** How many copies there are, and where. */
    sku: z
      .enum(["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS", "Standard_RAGRS", "Standard_RAGZRS"])
      .default("Standard_ZRS"),
    /** Container of Pulumi's state. */
    stateContainer: container.default("pulumi-state"),
    /** Container of the transaction logs. */
    logContainer: container.default("transaction-log"),
    /** How long earlier versions and deleted blobs can be brought back, in days. */
    retentionInDays: whole(7, 365, "must be a number of days from 7 to 365").default(90),
  }),
  /** Where secrets are kept. */
  keyVault: z.strictObject({
    /** Unique in all of Azure. 3 to 24 letters, digits and single hyphens. */
    name: shaped(
      /^(?=.{3,24}$)[a-z][a-z\d]*(-[a-z\d]+)*$/i,
      "must be 3 to 24 letters, digits and single hyphens, a letter first",
    ),
  }),
  /** Identity that pipelines deploy as: it writes state and log, and reads secrets. */
  deployer: identitySchema,
  /** Identity that pipelines preview pull requests as: it reads state and log, and no secret. */
  previewer: identitySchema.optional(),
  /** People who deploy by hand and keep the secrets: they write state and log, and manage secrets. */
  operators: z
    .array(
      z.strictObject({
        /** Object id in Entra ID. */
        principal: id,
        /** What the id belongs to. */
        type: z.enum(["User", "Group", "ServicePrincipal"]),
      }),
    )
    .default([]),
});

/** The key `fabric:azure`. */
export const azureSchema = z.strictObject({
  /** Subscription that everything here is in. */
  subscriptionId: id,
  /** Region, by its short name: `westeurope`. */
  location: shaped(/^[a-z\d]{3,}$/, "must be the short name of a region, like westeurope"),
  /** Resource group that is made for everything here, and goes with it. */
  resourceGroup: shaped(/^[\w().-]{0,89}[\w()-]$/, "must be at most 90 letters, digits and ( ) . _ -, no point last"),
  /** Tags of every resource here that can have some. */
  tags: z.record(z.string(), text(256)).default({}),
  /** Capacity of this environment. Workspaces use it by its name. */
  capacity: capacitySchema.optional(),
  /** Where this environment's telemetry goes. */
  applicationInsights: applicationInsightsSchema.optional(),
  /** What outlives all environments. Only in a stack of its own. */
  foundation: foundationSchema.optional(),
});

const { storageAccount, keyVault, operators } = foundationSchema.shape;

/** The keys known at each level, by the key that holds them. */
export const azureKeys: Readonly<Record<string, readonly string[]>> = {
  azure: Object.keys(azureSchema.shape),
  capacity: Object.keys(capacitySchema.shape),
  applicationInsights: Object.keys(applicationInsightsSchema.shape),
  foundation: Object.keys(foundationSchema.shape),
  storageAccount: Object.keys(storageAccount.shape),
  keyVault: Object.keys(keyVault.shape),
  deployer: Object.keys(identitySchema.shape),
  previewer: Object.keys(identitySchema.shape),
  federatedCredentials: federatedCredentialSchema.options.flatMap(({ shape }) => Object.keys(shape)),
  operators: Object.keys(operators.unwrap().element.shape),
};

/** `fabric:azure`, valid in itself, with defaults filled in. */
export type AzureConfig = z.output<typeof azureSchema>;
/** Its `capacity`. */
export type CapacityConfig = NonNullable<AzureConfig["capacity"]>;
/** Its `applicationInsights`. */
export type ApplicationInsightsConfig = NonNullable<AzureConfig["applicationInsights"]>;
/** Its `foundation`. */
export type FoundationConfig = NonNullable<AzureConfig["foundation"]>;
/** Its `deployer` and `previewer`. */
export type IdentityConfig = FoundationConfig["deployer"];
/** One entry of `federatedCredentials`. */
export type FederatedCredentialConfig = IdentityConfig["federatedCredentials"][number];
