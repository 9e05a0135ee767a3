import { z } from "zod";
import { credentialKinds } from "../signIn/credentialKind.ts";
import type { FlagName } from "../featureFlags.ts";
import { flagVariables } from "../featureFlags.ts";
import { azureKeys, azureSchema } from "./azureSchema.ts";
import { shapeOf } from "./kindKeys.ts";
import type { KindKey } from "./kindKeys.ts";
import { principalKeys } from "./principal.ts";
import type { KnownKeys } from "./problem.ts";
import { boolean, id, text } from "./value.ts";

/** Required text of one Git provider. If the text is missing, the message names that provider. */
const ofProvider = (provider: string, max: number) =>
  z
    .string({ error: ({ input }) => (input === undefined ? `required for ${provider}` : undefined) })
    .trim()
    .min(1)
    .max(max);

/** Roles of a role assignment, from most to least rights. */
export const roles = ["Admin", "Member", "Contributor", "Viewer"] as const;
const userSchema = z.strictObject({
  ...principalKeys,
  role: z.enum(roles).meta({
    description: "What the principal may do in the workspace. Changed in place.",
    examples: ["Viewer"],
  }),
});

const gitProvider = "Which provider hosts the repository, and so which of the other keys apply.";

const gitOfAnyProvider = {
  repositoryName: text(128).meta({
    description: "Name of the repository, without its owner, and not percent-encoded: `Sales Models`.",
    examples: ["sales"],
  }),
  branchName: text(250).meta({ description: "Branch to sync with. It must exist.", examples: ["main"] }),
  directoryName: z
    .string()
    .trim()
    .max(256)
    .default("/")
    .meta({
      description: "Folder of the branch that holds the items. It must exist: the service does not create it.",
      examples: ["/fabric"],
    }),
  initializationStrategy: z
    .enum(["PreferRemote", "PreferWorkspace"])
    .default("PreferRemote")
    .meta({
      description:
        "Which side wins if workspace and directory both hold items at the first sync: `PreferRemote` pulls, `PreferWorkspace` " +
        "commits. The losing side is only overwritten with `allowOverwrite`. A workspace that the stack makes is empty when it is " +
        "connected, so its first sync commits nothing; items that are made later are committed in Fabric. With `sync: always` " +
        "the key also decides about an item that was changed on both sides.",
      examples: ["PreferWorkspace"],
    }),
  allowOverwrite: boolean.default(false).meta({
    description:
      "Allow items of the losing side to be overwritten. While off, the deployment stops before anything is lost.",
    examples: [true],
  }),
  sync: z
    .enum(["initial", "always"])
    .default("initial")
    .meta({
      description:
        "`initial` syncs once, when the workspace is connected. `always` also pulls new commits on every up, and shows them in " +
        "previews.",
      examples: ["always"],
      more: "#new-commits",
    }),
};

const gitConnection = text(256)
  .optional()
  .meta({
    description: "Name of that connection in `connections` or `references`, in place of `connectionId`.",
    examples: ["sales-github"],
  });

const gitSchema = z.discriminatedUnion("gitProviderType", [
  z.strictObject({
    gitProviderType: z.literal("GitHub").meta({ description: gitProvider, examples: ["GitHub"] }),
    ownerName: ofProvider("GitHub", 100).meta({
      description: "User or organisation that owns the repository.",
      examples: ["contoso"],
    }),
    customDomainName: text(100)
      .regex(/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i, "must be a host name, without https:// and path")
      .optional()
      .meta({
        description: "Host of GitHub Enterprise Cloud with data residency.",
        examples: ["contoso.ghe.com"],
        absent: "github.com; a workspace that is connected keeps its host",
      }),
    ...gitOfAnyProvider,
    connectionId: id.optional().meta({
      description:
        "Fabric connection that holds the credentials, shared with the deploying identity. Required: GitHub has no automatic " +
        "credentials.",
      examples: ["9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e"],
      absent: "required, or `connection`",
    }),
    connection: gitConnection,
  }),
  z.strictObject({
    gitProviderType: z.literal("AzureDevOps").meta({ description: gitProvider, examples: ["AzureDevOps"] }),
    organizationName: ofProvider("AzureDevOps", 100).meta({
      description: "Organisation, as in `https://dev.azure.com/ORGANISATION`.",
      examples: ["contoso"],
    }),
    projectName: ofProvider("AzureDevOps", 100).meta({
      description: "Project of the organisation that holds the repository, not percent-encoded: `Data Platform`.",
      examples: ["data"],
    }),
    ...gitOfAnyProvider,
    connectionId: id.optional().meta({
      description:
        "Fabric connection that holds the credentials, shared with the deploying identity. A service principal needs one.",
      examples: ["9a4c1e22-7d3f-4b6a-8e5c-0f1a2b3c4d5e"],
      absent: "the credentials of the deploying user",
    }),
    connection: gitConnection,
  }),
]);

const adopt = boolean.default(false).meta({
  description:
    "Manage an existing item of that type and name instead of refusing it. It stays when the stack is destroyed, with the " +
    "values that it had. A definition from `path` replaces the existing one, with a warning; a rollback of that deployment " +
    "restores it, destroy does not.",
  examples: [true],
});
const protectItem = boolean.optional().meta({
  description: "Pulumi's `protect`: refuse to delete or replace the item.",
  examples: [true],
  absent: "`protectData` for types that hold data, else `false`",
});
const activeValueSet = text(256)
  .optional()
  .meta({
    description: "For a VariableLibrary: the value set that counts in the workspace.",
    examples: ["prod"],
    absent: "with `from` the value set of the environment's name, if there is one; else left as it is",
  });
const globs = z.array(text(1000)).min(1).optional();

const itemOptionsSchema = z.strictObject({
  name: text(256).optional(),
  description: z.string().max(256).optional(),
  adopt: boolean.optional(),
  protect: boolean.optional(),
  activeValueSet,
});

const itemSchema = z.strictObject({
  from: text(1000)
    .optional()
    .meta({
      description:
        "Folder inside the project with items in Fabric's Git format: all of them are deployed. Folders between it and an item " +
        "become folders of the workspace. Of the other keys, only `folder`, `include`, `exclude`, `types`, `adopt` and `items` " +
        "go together with it.",
      examples: ["fabric/sales"],
      more: "content.md",
    }),
  include: globs.meta({
    description:
      "With `from`: only items whose folder, or a folder above it, matches one of these globs. A glob without `/` is a name at any depth.",
    examples: [["ingest/**"]],
    absent: "all",
  }),
  exclude: globs.meta({
    description: "With `from`: not the items whose folder, or a folder above it, matches one of these globs.",
    examples: [["*.Report", "sandbox"]],
    absent: "none",
  }),
  types: globs.meta({
    description:
      "With `from`: only items of these types. A type that this version does not know yet must be named here.",
    examples: [["Notebook", "DataPipeline"]],
    absent: "all",
  }),
  parameters: text(1000)
    .optional()
    .meta({
      description:
        "With `from`: file with values per environment, in the form of fabric-cicd's `parameter.yml`. Paths in it are relative " +
        "to the folder of `from`.",
      examples: ["fabric/parameter.yml"],
      absent: "`parameter.yml` in the folder of `from`, if there is one",
      more: "content.md#values-per-environment",
    }),
  orphans: z
    .enum(["report", "delete"])
    .optional()
    .meta({
      description:
        "With `from`: what happens to items of the workspace that nobody declares. `report` tells them, at refreshes and when the " +
        "declared ones change. `delete` lets a refresh show them, the next preview list them, and the next up delete exactly " +
        "these; items with data only if FABRIC_ALLOW_UNPROTECT names `<workspace>/orphans`. Not in an adopted workspace, and not " +
        "together with `git`.",
      examples: ["report"],
      absent: "nothing is told",
    }),
  items: z
    .record(z.string(), itemOptionsSchema)
    .optional()
    .meta({
      description:
        "With `from`: `name`, `description`, `adopt`, `protect` and what else belongs to single items, by their folder below `from`.",
      examples: [{ "bronze.Lakehouse": { protect: false } }],
    }),
  name: text(256)
    .optional()
    .meta({
      description:
        "Key of the resource, unique in the workspace. Without `path`, set it before you rename an item: otherwise the renamed " +
        "item is a new one. With `path`, the item is known by the logical id in its `.platform` file, else by its folder.",
      examples: ["bronze"],
      absent: "`type/displayName`, at the first deployment",
    }),
  displayName: text(256)
    .optional()
    .meta({
      description:
        "Name in Fabric, unique by workspace and type. With `path`, the folder's `.platform` file decides. Some types take only " +
        "certain names: a Lakehouse letters, digits and `_`, beginning with a letter.",
      examples: ["bronze"],
      absent: "from `path`, else `name`",
    }),
  type: text(100)
    .optional()
    .meta({
      description:
        "Item type in Fabric's spelling; any type that the service knows. Required without `path`. Another type needs a new item.",
      examples: ["Lakehouse"],
      absent: "from `path`, else required",
    }),
  description: z
    .string()
    .max(256)
    .optional()
    .meta({
      description: "What people see below the name. Changed in place.",
      examples: ["Raw orders"],
      absent: "from `path`, else empty",
    }),
  folder: z
    .string()
    .trim()
    .optional()
    .meta({
      description:
        "Folder of the workspace, created if it is missing; with `from` the folder for all items. At most 10 deep, names of at most 255 characters without " +
        '``~ " # . & * : < > ? { | } \\ %``.',
      examples: ["/ingest/raw"],
      absent: "the root",
    }),
  path: text(1000)
    .optional()
    .meta({
      description:
        "Folder inside the project that holds the definition in Fabric's Git format, with `/` between folders. Type, name and " +
        "description come from its `.platform` file.",
      examples: ["fabric/sales/ingest.Notebook"],
      more: "https://learn.microsoft.com/fabric/cicd/git-integration/source-code-format",
    }),
  creationPayload: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({
      description:
        "What the type needs to know at creation, and never again. Not together with `path`. A change needs a new item.",
      examples: [{ enableSchemas: true }],
    }),
  activeValueSet,
  adopt,
  protect: protectItem,
});

const workspaceSchema = z.strictObject({
  name: text(256).meta({
    description:
      "Key of the resources, unique in the stack, without `/` and `::`. Keep it when the workspace gets another `displayName`.",
    examples: ["sales"],
  }),
  displayName: text(256)
    .optional()
    .meta({
      description: "Name in Fabric, unique in the tenant. Changed in place.",
      examples: ["sales-dev"],
      absent: "`name`",
    }),
  description: z
    .string()
    .max(4000)
    .optional()
    .meta({
      description: "What people see below the name. Changed in place.",
      examples: ["Sales models"],
      absent: "empty",
    }),
  capacity: text(256)
    .optional()
    .meta({
      description:
        "Display name or id of the capacity; a capacity that the stack makes itself (`azure.capacity`) by its name. Without the " +
        "key a new workspace has none, and an adopted one keeps its own. Git and Fabric items need a capacity: take it away in " +
        "the deployment after the one that removes them.",
      examples: ["F2-dev"],
    }),
  adopt: boolean.default(false).meta({
    description:
      "Manage an existing workspace of that name instead of refusing it. Destroying the stack leaves it, with the values that " +
      "it had.",
    examples: [true],
  }),
  protect: boolean.optional().meta({
    description: "Pulumi's `protect`: refuse to delete the workspace.",
    examples: [false],
    absent: "`protectData`",
  }),
  usersAuthoritative: boolean.default(false).meta({
    description: "Also remove role assignments that are not listed in `users`, once a refresh has shown them.",
    examples: [true],
    more: "#drift",
  }),
  users: z.array(userSchema).default([]).meta({ description: "Who has which role." }),
  git: gitSchema.optional().meta({ description: "Connection of the workspace to a branch." }),
  items: z.array(itemSchema).default([]).meta({ description: "What is in the workspace." }),
});

const flagNames = Object.keys(flagVariables) as [FlagName, ...FlagName[]];

/**
 * The keys of `Pulumi.<stack>.yaml` without their namespace `fabric:`, with their valid values. `npm run docs` derives
 * documentation and `pulumi.schema.json` from this schema:
 * - `description` explains the key.
 * - `examples` shows values.
 * - `absent` describes the behaviour without the key, if `default` does not.
 * - `more` links to further documentation, relative to docs/configuration.md.
 */
export const stackSchema = z.strictObject({
  endpoint: text(2000)
    .default("https://api.fabric.microsoft.com/v1")
    .meta({
      description:
        "`emulator` for the embedded emulator, else the base URL of the service: https, or http on this machine. Hosts other than " +
        "Microsoft's must also be named in `FABRIC_ALLOWED_HOSTS`. `FABRIC_ENDPOINT` overrides the key.",
      examples: ["emulator"],
    }),
  tenantId: id.optional().meta({
    description: "Refuse to run with a token of another tenant.",
    examples: ["11111111-2222-4333-8444-555555555555"],
    absent: "any tenant",
  }),
  features: z
    .partialRecord(z.enum(flagNames), boolean)
    .default({})
    .meta({
      description: `Which hardening components are on: ${flagNames.map((name) => `\`${name}\``).join(", ")}. \`FEATURE_USE_…\` in the environment overrides each.`,
      examples: [{ useRetryLogic: true }],
      absent: "each off",
    }),
  requireAllFeatures: boolean.default(false).meta({
    description: "Refuse to run while any feature is off, whether by this file or by the environment.",
    examples: [true],
  }),
  credential: z
    .enum(["auto", ...credentialKinds])
    .default("auto")
    .meta({
      description:
        "How to sign in. `auto` takes what the environment holds, else whoever is signed in to the Azure CLI or azd. The emulator " +
        "never sees a real credential.",
      examples: ["managedIdentity"],
      more: "#sign-in",
    }),
  keyVaultUrl: text(2000)
    .optional()
    .meta({
      description:
        "Vault that secrets come from while `useKeyVault` is on: https, a host of Key Vault or of `FABRIC_ALLOWED_HOSTS`. " +
        "`KEY_VAULT_URL` overrides the key.",
      examples: ["https://contoso-dev.vault.azure.net"],
      more: "#key-vault",
    }),
  transactionLog: text(2000)
    .default(".fabric/transactions")
    .meta({
      description:
        "Where the transaction logs lie: a folder of the project, an absolute path, or the address of a blob container, " +
        "`https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]`.",
      examples: ["https://contosodeploy.blob.core.windows.net/logs"],
      more: "sharedState.md",
    }),
  allowLocalBackend: boolean.default(false).meta({
    description: "Let a stack other than `local` keep its state in this folder, where nobody else sees or locks it.",
    examples: [true],
  }),
  preflight: boolean.default(false).meta({
    description: "Ask the service during previews for what an up would fail at.",
    examples: [true],
    more: "#preflight",
  }),
  contentDrift: boolean.default(false).meta({
    description:
      "Read the definitions of items with a `path` on refresh, to find edits made at the service: one to three calls each. A " +
      "change of this key or of `onDrift` takes effect on refreshes after the next up.",
    examples: [true],
    more: "#drift",
  }),
  throttleBudget: z.coerce
    .number("must be a number of seconds")
    .int("must be a whole number of seconds")
    .min(0, "must be a number of seconds, 0 or more")
    .max(86_400, "must be at most a day")
    .optional()
    .meta({
      description:
        "Seconds that a run waits in all because the service throttles it, before it gives up. A run that waits says so every 15 s.",
      examples: [1800],
      absent: "600",
    }),
  onDrift: z
    .enum(["overwrite", "warn", "fail"])
    .optional()
    .meta({
      description:
        "What happens to a value that somebody changed at the service, and that an up would replace: `overwrite` it and say " +
        "so, `warn` and leave it, or `fail`.",
      examples: ["fail"],
      absent: "`overwrite`",
      more: "#drift",
    }),
  protectData: boolean.default(true).meta({
    description:
      "Give workspaces, and items that hold data, Pulumi's `protect`: they can be neither deleted nor replaced. `protect: false` " +
      "on the object lifts it.",
    examples: [false],
  }),
  environment: text(256)
    .optional()
    .meta({
      description: "Which values of `parameter.yml` files and of `values` count.",
      examples: ["dev"],
      absent: "the name of the stack",
      more: "content.md#values-per-environment",
    }),
  environmentVariables: z
    .array(text(127).regex(/^[A-Za-z_]\w*$/, "must be the name of an environment variable"))
    .optional()
    .meta({
      description:
        "Names of environment variables that values may take as `$ENV:NAME`. States, logs and kept definitions hold the names " +
        "and salted hashes only.",
      examples: [["LAKE_CONNECTION"]],
      absent: "none: `$ENV:` is an error",
      more: "content.md#values-per-environment",
    }),
  values: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({
      description:
        "Values per environment for all folders of items, in the form of a `parameter.yml` file, applied after theirs.",
      examples: [{ find_replace: [{ find_value: "dev-server", replace_value: { prod: "prod-server" } }] }],
      more: "content.md#values-per-environment",
    }),
  workspaces: z.array(workspaceSchema).meta({
    description:
      "What to deploy. Required, because a file without it would delete everything that the stack made; `[]` says so on purpose. " +
      "An entry may name files that hold the workspaces.",
  }),
  azure: azureSchema.optional().meta({
    description: "Azure resources that the workspaces stand on, or in a stack of its own the foundation of all stacks.",
  }),
});

/** An entry of `workspaces` that stands for those of files. */
export const workspaceFilesSchema = z.strictObject({
  from: text(1000).meta({
    description:
      "In place of all other keys: the workspaces of a file of the project, or of all files that a glob matches, in the order of " +
      "their paths. A file, YAML or JSON, holds a workspace or a list of workspaces.",
    examples: ["workspaces/*.yaml"],
    absent: "none",
    more: "#workspaces-in-files",
  }),
});

/** Metadata for the documentation, to copy to a schema that replaces another. */
const aboutOf = (schema: z.ZodType) => ({ ...schema.meta() });

/** The schema with the keys that kinds add. */
export function schemaWith(keys: readonly KindKey[]): typeof stackSchema {
  if (keys.length === 0) return stackSchema;
  const { items: ownItems } = workspaceSchema.shape;
  const { workspaces: ownWorkspaces } = stackSchema.shape;
  const items = z
    .array(
      itemSchema.extend({
        items: z
          .record(z.string(), itemOptionsSchema.extend(shapeOf(keys, "item")))
          .optional()
          .meta(aboutOf(itemSchema.shape.items)),
        ...shapeOf(keys, "item"),
      }),
    )
    .default([])
    .meta(aboutOf(ownItems));
  const workspaces = z
    .array(workspaceSchema.extend({ items, ...shapeOf(keys, "workspace") }))
    .meta(aboutOf(ownWorkspaces));
  return stackSchema.extend({ workspaces, ...shapeOf(keys, "stack") }) as unknown as typeof stackSchema;
}

const ownKeys: KnownKeys = {
  "": Object.keys(stackSchema.shape),
  features: flagNames,
  workspaces: [...Object.keys(workspaceSchema.shape), "from"],
  users: Object.keys(userSchema.shape),
  git: gitSchema.options.flatMap(({ shape }) => Object.keys(shape)),
  items: Object.keys(itemSchema.shape),
  ...azureKeys,
};

/** The known keys with those that kinds add. */
export function knownKeysWith(keys: readonly KindKey[]): KnownKeys {
  const known: Record<string, readonly string[]> = { ...ownKeys };
  const holders = { stack: "", workspace: "workspaces", item: "items" } as const;
  for (const { in: level, key, entryKeys } of keys) {
    const holder = holders[level];
    known[holder] = [...(known[holder] ?? []), key];
    known[key] = entryKeys;
  }
  return known;
}

/** The file's values, each valid, with defaults filled in. */
export type StackInput = z.output<typeof stackSchema>;
/** One workspace of {@link StackInput}. */
export type WorkspaceInput = z.output<typeof workspaceSchema>;
/** One entry of `users`. */
export type UserConfig = z.output<typeof userSchema>;
/** The `git` of a workspace. */
export type GitConfig = z.output<typeof gitSchema>;
/** One entry of `items`. */
export type ItemInput = z.output<typeof itemSchema>;
/** Options of one item of an entry with `from`. */
export type ItemOptions = z.output<typeof itemOptionsSchema>;
