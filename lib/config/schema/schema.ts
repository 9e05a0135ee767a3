import { z } from "zod";
import { credentialKinds } from "../../signIn/credentialKind.ts";
import type { FlagName } from "../../featureFlags.ts";
import { flagVariables } from "../../featureFlags.ts";
import { azureKeys, azureSchema } from "./azureSchema.ts";
import { gitSchema } from "./gitSchema.ts";
import { itemOptionsSchema, itemSchema } from "./itemSchema.ts";
import { shapeOf } from "../kindKeys.ts";
import type { KindKey } from "../kindKeys.ts";
import type { KnownKeys } from "../problem.ts";
import { boolean, id, text } from "../value.ts";
import { userSchema, workspaceSchema } from "./workspaceSchema.ts";

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
      description: `Which features are on: ${flagNames.map((name) => `\`${name}\``).join(", ")}. \`FEATURE_USE_…\` in the environment overrides each.`,
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
