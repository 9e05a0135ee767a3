import { z } from "zod";
import { referencedThing } from "../../../lib/config/names.ts";
import { text } from "../../../lib/config/value.ts";
import type { ConfigEntry } from "../../engine/entry.ts";

const schema = z.strictObject({
  name: text(256).meta({
    description: "Key of the resource, unique in the list, and the name for other keys.",
    examples: ["shared-sql"],
  }),
  workspace: text(256)
    .optional()
    .meta({
      description: "Workspace, or with `item` the workspace that holds it, by display name or id.",
      examples: ["Shared data"],
    }),
  item: text(256)
    .optional()
    .meta({ description: "Item, by display name or id, with its `workspace`.", examples: ["gold"] }),
  type: text(100)
    .optional()
    .meta({
      description: "Type of the item, if others in the workspace have its name.",
      examples: ["Lakehouse"],
    }),
  connection: text(256)
    .optional()
    .meta({ description: "Connection, by display name or id.", examples: ["contoso SQL"] }),
  capacity: text(256)
    .optional()
    .meta({ description: "Capacity, by display name or id.", examples: ["F64 shared"] }),
  gateway: text(256)
    .optional()
    .meta({ description: "Gateway, by display name or id.", examples: ["contoso network"] }),
  protect: z
    .boolean()
    .optional()
    .meta({
      description: "Pulumi's `protect`: refuse to forget the reference.",
      examples: [true],
      absent: "`false`",
    }),
});

const ruled = schema.superRefine((given, context) => {
  const thing = referencedThing(given);
  const message =
    thing === undefined
      ? "must name one thing: workspace, connection, capacity, gateway, or item with its workspace"
      : thing === "item" && given.workspace === undefined
        ? "needs the workspace that holds the item"
        : thing !== "item" && given.type !== undefined
          ? "type belongs to an item"
          : undefined;
  if (message !== undefined) context.addIssue({ code: "custom", path: [], message });
});

/** `fabric:references`. */
export const referenceEntry: ConfigEntry = {
  in: "stack",
  key: "references",
  says:
    "Objects of others, looked up by name in every up: other keys may name them, and the stack's outputs show their ids. Nothing " +
    "is written to them.",
  schema: z.array(ruled).describe("Objects of others, looked up by name."),
  entryKeys: Object.keys(schema.shape),
  shows: ["targetId", "workspaceId"],
  example: [
    { name: "capacity", capacity: "local" },
    { name: "shared-github", connection: "contoso GitHub" },
  ],
  declare: (value) =>
    (value as readonly z.output<typeof schema>[]).map(({ name, protect, ...given }) => {
      const what = referencedThing(given);
      return {
        name,
        args: { name, ...given },
        protect,
        isLookedUp: true,
        known: [
          ...(what === undefined ? [] : [{ what, output: "targetId" }]),
          ...(what === "workspace" ? [{ what: "workspaceIdentity" as const, output: "servicePrincipalId" }] : []),
        ],
      };
    }),
  describe: () => undefined,
};
