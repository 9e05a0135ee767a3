import { z } from "zod";
import { gitSchema } from "./gitSchema.ts";
import { itemSchema } from "./itemSchema.ts";
import { principalKeys } from "../principal.ts";
import { boolean, text } from "../value.ts";

/** Roles of a role assignment, from most to least rights. */
export const roles = ["Admin", "Member", "Contributor", "Viewer"] as const;

/** An entry of `users`: who has which role. */
export const userSchema = z.strictObject({
  ...principalKeys,
  role: z.enum(roles).meta({
    description: "What the principal may do in the workspace. Changed in place.",
    examples: ["Viewer"],
  }),
});

/** An entry of `workspaces`. */
export const workspaceSchema = z.strictObject({
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

/** A workspace of the file, with defaults filled in. */
export type WorkspaceInput = z.output<typeof workspaceSchema>;
/** One entry of `users`. */
export type UserConfig = z.output<typeof userSchema>;
