import { z } from "zod";
import { boolean, text } from "../value.ts";

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

/** Options of one item of an entry with `from`. */
export const itemOptionsSchema = z.strictObject({
  name: text(256).optional(),
  description: z.string().max(256).optional(),
  adopt: boolean.optional(),
  protect: boolean.optional(),
  activeValueSet,
});

/** An entry of `items`: an item, or with `from` the items of a folder. */
export const itemSchema = z.strictObject({
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

/** One entry of `items`. */
export type ItemInput = z.output<typeof itemSchema>;
/** Options of one item of an entry with `from`. */
export type ItemOptions = z.output<typeof itemOptionsSchema>;
