import { z } from "zod";
import { id, shaped, text, whole } from "../value.ts";

/** Sizes of a Fabric capacity. */
const capacitySkus = ["F2", "F4", "F8", "F16", "F32", "F64", "F128", "F256", "F512", "F1024", "F2048"] as const;

/** A user principal name, or the object id of a service principal or managed identity. */
const PRINCIPAL = /^([^@\s]+@[^@\s]+|[\da-fA-F]{8}-([\da-fA-F]{4}-){3}[\da-fA-F]{12})$/;

const capacitySchema = z.strictObject({
  name: shaped(/^[a-z][a-z0-9]{2,62}$/, "must be 3 to 63 lower-case letters and digits, a letter first").meta({
    description:
      "Name in Azure and display name in Fabric; workspaces name it in `capacity`. 3 to 63 lower-case letters and digits, a letter first.",
    examples: ["fabricdev"],
  }),
  sku: z.enum(capacitySkus).meta({
    description: "Size of the capacity. It decides the cost for each hour that the capacity runs.",
    examples: ["F2"],
  }),
  administrators: z
    .array(
      shaped(PRINCIPAL, "must be a user principal name (alice@contoso.com), or the object id of a service principal"),
    )
    .min(1, "must name somebody: nobody else could use the capacity")
    .meta({
      description:
        "Who may assign workspaces to the capacity: user principal names, and object ids of service principals and managed identities. The deploying identity must be among them, because Fabric hides a capacity from everybody else.",
      examples: [["alice@contoso.com"]],
    }),
});

const applicationInsightsSchema = z.strictObject({
  name: shaped(/^[\w().-]{0,254}[\w()-]$/, "must be at most 255 letters, digits and ( ) . _ -, no point last").meta({
    description: "Name of the Application Insights component that receives the telemetry.",
    examples: ["appi-fabric-dev"],
  }),
  logAnalyticsWorkspace: shaped(
    /^[a-zA-Z\d][a-zA-Z\d-]{2,61}[a-zA-Z\d]$/,
    "must be 4 to 63 letters, digits and hyphens, no hyphen at an end",
  ).meta({
    description: "Name of the Log Analytics workspace that stores the telemetry. 4 to 63 letters, digits and hyphens.",
    examples: ["log-fabric-dev"],
  }),
  retentionInDays: whole(30, 730, "must be a number of days from 30 to 730")
    .default(30)
    .meta({
      description: "How many days telemetry is kept, 30 to 730. The first 31 days cost nothing extra.",
      examples: [90],
    }),
  dailyQuotaGb: z
    .number()
    .positive("must be more than 0")
    .default(1)
    .meta({
      description: "How many gigabytes a day the Log Analytics workspace accepts. It limits the cost.",
      examples: [5],
    }),
});

const credentialName = shaped(
  /^[a-zA-Z\d][\w-]{2,119}$/,
  "must be 3 to 120 letters, digits, - and _, a letter or digit first",
);

const federatedCredentialSchema = z.discriminatedUnion("provider", [
  z.strictObject({
    provider: z.literal("GitHub").meta({
      description: "Who issues the token that is exchanged, and so which of the other keys apply.",
      examples: ["GitHub"],
    }),
    name: credentialName.meta({
      description: "Name of the federated credential, unique in its identity.",
      examples: ["prod"],
    }),
    repository: shaped(/^[\w.-]+\/[\w.-]+$/, "must be owner/name").meta({
      description: "Repository whose workflows may sign in: `owner/name`.",
      examples: ["contoso/fabric-environments"],
    }),
    environment: text(255)
      .optional()
      .meta({
        description:
          "Only jobs of this environment. Exactly one of `environment`, `branch` and `pullRequest` is required.",
        examples: ["prod"],
      }),
    branch: text(250)
      .optional()
      .meta({ description: "Only runs of this branch.", examples: ["main"] }),
    pullRequest: z
      .literal(true, "must be true, or be left out")
      .optional()
      .meta({
        description:
          "Runs for pull requests. Only for the previewer, because whoever opens a pull request decides what it runs.",
        examples: [true],
      }),
  }),
  z.strictObject({
    provider: z.literal("AzureDevOps").meta({
      description: "Who issues the token that is exchanged, and so which of the other keys apply.",
      examples: ["AzureDevOps"],
    }),
    name: credentialName.meta({
      description: "Name of the federated credential, unique in its identity.",
      examples: ["prod"],
    }),
    issuer: shaped(/^https:\/\/[^\s?#@]+$/, "must be an https address").meta({
      description: "Issuer as the service connection shows it; https.",
      examples: ["https://vstoken.dev.azure.com/…"],
    }),
    subject: text(600).meta({
      description:
        "Subject as the service connection shows it: `sc://ORGANIZATION/PROJECT/CONNECTION`, or the newer form that begins with `/eid1/`.",
      examples: ["sc://contoso/data-platform/fabric-prod"],
    }),
  }),
]);

const identitySchema = z.strictObject({
  name: shaped(/^[a-zA-Z\d][\w-]{2,127}$/, "must be 3 to 128 letters, digits, - and _, a letter or digit first").meta({
    description: "Name of the user-assigned managed identity.",
    examples: ["id-fabric-deployer"],
  }),
  federatedCredentials: z
    .array(federatedCredentialSchema)
    .max(20, "must be at most 20")
    .default([])
    .meta({ description: "Pipelines that may sign in as the identity, without any secret. Azure accepts at most 20." }),
});

const container = shaped(
  /^(?=.{3,63}$)[a-z\d]+(-[a-z\d]+)*$/,
  "must be 3 to 63 lower-case letters, digits and single hyphens",
);

const foundationSchema = z.strictObject({
  storageAccount: z
    .strictObject({
      name: shaped(/^[a-z\d]{3,24}$/, "must be 3 to 24 lower-case letters and digits").meta({
        description: "Name of the storage account, unique in all of Azure. 3 to 24 lower-case letters and digits.",
        examples: ["contosofabricstate"],
      }),
      sku: z
        .enum(["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS", "Standard_RAGRS", "Standard_RAGZRS"])
        .default("Standard_ZRS")
        .meta({ description: "How many copies Azure keeps, and where.", examples: ["Standard_GZRS"] }),
      stateContainer: container
        .default("pulumi-state")
        .meta({ description: "Container of Pulumi's state.", examples: ["state"] }),
      logContainer: container
        .default("transaction-log")
        .meta({ description: "Container of the transaction logs.", examples: ["logs"] }),
      retentionInDays: whole(7, 365, "must be a number of days from 7 to 365")
        .default(90)
        .meta({
          description: "How many days earlier versions and deleted blobs can be brought back, 7 to 365.",
          examples: [30],
        }),
    })
    .meta({ description: "Storage account for the state and the transaction logs of other stacks." }),
  keyVault: z
    .strictObject({
      name: shaped(
        /^(?=.{3,24}$)[a-zA-Z][a-zA-Z\d]*(-[a-zA-Z\d]+)*$/,
        "must be 3 to 24 letters, digits and single hyphens, a letter first",
      ).meta({
        description:
          "Name of the vault, unique in all of Azure. 3 to 24 letters, digits and single hyphens, a letter first.",
        examples: ["kv-contoso-fabric"],
      }),
    })
    .meta({ description: "Vault that secrets are kept in." }),
  deployer: identitySchema.meta({
    description: "Identity that pipelines deploy as: it writes state and log, and reads secrets.",
  }),
  previewer: identitySchema
    .optional()
    .meta({ description: "Identity that pipelines preview pull requests as: it reads state and log, and no secret." }),
  operators: z
    .array(
      z.strictObject({
        principal: id.meta({
          description: "Object id in Entra ID.",
          examples: ["3f2b8a51-0c6d-4e0e-9a51-6d0f1c7b2e10"],
        }),
        type: z
          .enum(["User", "Group", "ServicePrincipal"])
          .meta({ description: "What the id belongs to.", examples: ["Group"] }),
      }),
    )
    .default([])
    .meta({
      description: "People who deploy by hand and keep the secrets: they write state and log, and manage secrets.",
    }),
});

/** The key `fabric:azure`. */
export const azureSchema = z.strictObject({
  subscriptionId: id.meta({
    description: "Subscription that holds everything here.",
    examples: ["66666666-7777-4888-8999-aaaaaaaaaaaa"],
  }),
  location: shaped(/^[a-z\d]{3,}$/, "must be the short name of a region, like westeurope").meta({
    description: "Region, by its short name: `westeurope`.",
    examples: ["westeurope"],
  }),
  resourceGroup: shaped(
    /^[\w().-]{0,89}[\w()-]$/,
    "must be at most 90 letters, digits and ( ) . _ -, no point last",
  ).meta({
    description: "Resource group that is created for everything here, and deleted with it.",
    examples: ["rg-fabric-dev"],
  }),
  tags: z
    .record(z.string(), text(256))
    .default({})
    .meta({ description: "Tags of every resource here that supports them.", examples: [{ environment: "dev" }] }),
  capacity: capacitySchema
    .optional()
    .meta({ description: "Capacity of this environment. Workspaces use it by its name." }),
  applicationInsights: applicationInsightsSchema
    .optional()
    .meta({ description: "Where this environment's telemetry goes." }),
  foundation: foundationSchema.optional().meta({
    description:
      "What outlives all environments. Only in a stack of its own: not together with workspaces, `capacity`, `applicationInsights` or `useRollback`, and only with `tenantId`.",
  }),
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
