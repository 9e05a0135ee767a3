import { z } from "zod";
import { credentialKinds } from "../signIn/credentialKind.ts";
import type { FlagName } from "../featureFlags.ts";
import { flagVariables } from "../featureFlags.ts";
import { azureKeys, azureSchema } from "./azureSchema.ts";
import { shapeOf } from "./kindKeys.ts";
import type { KindKey } from "./kindKeys.ts";
import { boolean, id, text } from "./value.ts";

/** Required text of one Git provider, whose absence is explained by that provider's name. */
const ofProvider = (provider: string, max: number) =>
  z
    .string({ error: ({ input }) => (input === undefined ? `required for ${provider}` : undefined) })
    .trim()
    .min(1)
    .max(max);

/** What a role assignment can give, from most to least. */
export const roles = ["Admin", "Member", "Contributor", "Viewer"] as const;
/** What an object id can belong to. */
export const principalTypes = ["User", "Group", "ServicePrincipal", "ServicePrincipalProfile"] as const;

const userSchema = z.strictObject({
  /** User principal name (`alice@contoso.com`), or the object id of any principal; of a service principal the one of its enterprise application. */
  principal: text(256),
  /** What the object id belongs to. Required with an id; a user principal name is always a User. */
  type: z.enum(principalTypes).optional(),
  /** What the principal may do in the workspace. */
  role: z.enum(roles),
});

const gitOfAnyProvider = {
  /** Name of the repository, without its owner. */
  repositoryName: text(128),
  /** Branch to sync with. It must exist. */
  branchName: text(250),
  /** Folder of the branch that holds the items. It must exist: the service does not make it. */
  directoryName: z.string().trim().max(256).default("/"),
  /**
   * Which side wins when workspace and directory both hold items at the first sync.
   * `PreferRemote` pulls, `PreferWorkspace` commits. The losing side is only overwritten with `allowOverwrite`.
   */
  initializationStrategy: z.enum(["PreferRemote", "PreferWorkspace"]).default("PreferRemote"),
  /** Whether items of the losing side may be overwritten. While off, the deployment stops before anything is lost. */
  allowOverwrite: boolean.default(false),
  /** `initial` syncs once, when the workspace is connected; `always` also pulls new commits on every up, and shows them in previews. */
  sync: z.enum(["initial", "always"]).default("initial"),
};

const gitSchema = z.discriminatedUnion("gitProviderType", [
  z.strictObject({
    /** Discriminator: which provider, and so which of the other keys. */
    gitProviderType: z.literal("GitHub"),
    /** User or organisation that owns the repository. */
    ownerName: ofProvider("GitHub", 100),
    ...gitOfAnyProvider,
    /** Fabric connection that holds the credentials. GitHub knows no automatic ones. */
    connectionId: id.optional(),
  }),
  z.strictObject({
    /** Discriminator: which provider, and so which of the other keys. */
    gitProviderType: z.literal("AzureDevOps"),
    /** Organisation, as in `https://dev.azure.com/ORGANISATION`. */
    organizationName: ofProvider("AzureDevOps", 100),
    /** Project of the organisation that holds the repository. */
    projectName: ofProvider("AzureDevOps", 100),
    ...gitOfAnyProvider,
    /** Fabric connection that holds the credentials. Without one, those of the deploying user; a service principal needs one. */
    connectionId: id.optional(),
  }),
]);

const itemSchema = z.strictObject({
  /** Key of the resource, unique in the workspace. Defaults to `type/displayName`; give one before renaming an item. */
  name: text(256).optional(),
  /** Name in Fabric, unique by workspace and type. Defaults to the one in `path`, else to `name`. */
  displayName: text(256).optional(),
  /** Item type in Fabric's spelling (`Lakehouse`). Required without `path`; any type the service knows. */
  type: text(100).optional(),
  /** Defaults to the one in `path`. */
  description: z.string().max(256).optional(),
  /** Folder of the workspace (`/ingest/raw`), made where it is missing. Without it the item lies at the root. */
  folder: z.string().trim().optional(),
  /** Folder in Fabric's Git format that holds the definition, relative to the project: `fabric/sales/ingest.Notebook`. */
  path: text(1000).optional(),
  /** What the type wants to know at creation and never again (`enableSchemas: true`). Not together with `path`. */
  creationPayload: z.record(z.string(), z.unknown()).optional(),
  /** Manage an existing item of that type and name instead of refusing it. It stays when the stack is destroyed. */
  adopt: boolean.default(false),
  /** Pulumi's `protect`: refuse to delete or replace the item. Defaults to `fabric:protectData` for types that hold data, else to false. */
  protect: boolean.optional(),
});

const workspaceSchema = z.strictObject({
  /** Key of the resources, unique in the stack. Keep it when you rename the workspace. */
  name: text(256),
  /** Name in Fabric, unique in the tenant. Defaults to `name`. */
  displayName: text(256).optional(),
  /** What people see below the name. Empty where it is absent. */
  description: z.string().max(4000).optional(),
  /** Display name or id of the capacity. Without it a new workspace has none, and an adopted one keeps its own. */
  capacity: text(256).optional(),
  /** Manage an existing workspace of that name instead of refusing it. It stays when the stack is destroyed. */
  adopt: boolean.default(false),
  /** Pulumi's `protect`: refuse to delete the workspace. Defaults to `fabric:protectData`. */
  protect: boolean.optional(),
  /** Also remove role assignments that are not listed in `users`, once a refresh has shown them. */
  usersAuthoritative: boolean.default(false),
  /** Who may do what. */
  users: z.array(userSchema).default([]),
  /** Connection of the workspace to a branch. */
  git: gitSchema.optional(),
  /** What is in the workspace. */
  items: z.array(itemSchema).default([]),
});

const flagNames = Object.keys(flagVariables) as [FlagName, ...FlagName[]];

/** The keys of `Pulumi.<stack>.yaml` without their namespace `fabric:`, and what each may be. */
export const stackSchema = z.strictObject({
  /** `emulator` for the embedded one, else the base URL of the service. FABRIC_ENDPOINT overrides it. */
  endpoint: text(2000).default("https://api.fabric.microsoft.com/v1"),
  /** Refuse to run with a token of another tenant. */
  tenantId: id.optional(),
  /** Which hardening components are on; each is off where it is not named. FEATURE_USE_… overrides each. */
  features: z.partialRecord(z.enum(flagNames), boolean).default({}),
  /** Refuse to run while any feature is off, from whatever source. */
  requireAllFeatures: boolean.default(false),
  /** How to sign in. `auto`: by what the environment holds, else by who is signed in to the Azure CLI or azd. */
  credential: z.enum(["auto", ...credentialKinds]).default("auto"),
  /** Key Vault that secrets come from while `useKeyVault` is on. KEY_VAULT_URL wins. */
  keyVaultUrl: text(2000).optional(),
  /** Where the transaction logs lie: a folder of the project, or `https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]`. */
  transactionLog: text(2000).default(".fabric/transactions"),
  /** Let another stack than `local` keep its state in the folder of the repository. */
  allowLocalBackend: boolean.default(false),
  /** Ask the service during previews for what an up would fail at. */
  preflight: boolean.default(false),
  /** Read definitions on refresh, to see content that was changed in the portal. */
  contentDrift: boolean.default(false),
  /** What is done about such content: `overwrite` it on the next up (also where the key is absent), `warn` and leave it, or `fail`. */
  onDrift: z.enum(["overwrite", "warn", "fail"]).optional(),
  /** Give workspaces and items that hold data Pulumi's `protect`. Lift it with `protect: false` on the object. */
  protectData: boolean.default(true),
  /** What to deploy. Required, because a stack without workspaces would delete those it made; `[]` says so on purpose. */
  workspaces: z.array(workspaceSchema),
  /** Azure resources that workspaces stand on, or in a stack of its own the foundation of all stacks. */
  azure: azureSchema.optional(),
});

/** The same with the keys that kinds bring along. */
export function schemaWith(keys: readonly KindKey[]): typeof stackSchema {
  if (keys.length === 0) return stackSchema;
  const items = z.array(itemSchema.extend(shapeOf(keys, "item"))).default([]);
  const workspaces = z.array(workspaceSchema.extend({ items, ...shapeOf(keys, "workspace") }));
  return stackSchema.extend({ workspaces, ...shapeOf(keys, "stack") }) as unknown as typeof stackSchema;
}

/** The keys known at each level, by the key that holds them; the empty one is the top level. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;

const ownKeys: KnownKeys = {
  "": Object.keys(stackSchema.shape),
  features: flagNames,
  workspaces: Object.keys(workspaceSchema.shape),
  users: Object.keys(userSchema.shape),
  git: gitSchema.options.flatMap(({ shape }) => Object.keys(shape)),
  items: Object.keys(itemSchema.shape),
  ...azureKeys,
};

/** The same with the keys that kinds bring along. */
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

/** What the file says, valid in itself, with defaults filled in. */
export type StackInput = z.output<typeof stackSchema>;
/** One workspace of it. */
export type WorkspaceInput = z.output<typeof workspaceSchema>;
/** One entry of `users`. */
export type UserConfig = z.output<typeof userSchema>;
/** The `git` of a workspace. */
export type GitConfig = z.output<typeof gitSchema>;
/** One entry of `items`. */
export type ItemInput = z.output<typeof itemSchema>;
