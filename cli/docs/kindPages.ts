import { stringify } from "yaml";
import type { ConfigEntry } from "../../providers/engine/entry.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { keyTable } from "./keyTable.ts";
import { schemaAt } from "./keyTable.ts";
import type { Json } from "./stackSchema.ts";

/* The documentation of kinds, derived from their declarations. */

/** Inputs that hold ids of an object's holder. The program fills them in. */
const HOLDERS = ["workspaceId", "itemId", "connectionId"];

/** Keys of kinds that the configuration schema itself contains. */
const ownKeys: Readonly<Record<string, string>> = {
  Workspace: "workspaces[]",
  WorkspaceUser: "workspaces[].users[]",
  UnlistedUsers: "workspaces[].usersAuthoritative",
  UnlistedItems: "workspaces[].items[].orphans",
  GitConnection: "workspaces[].git",
  Folder: "workspaces[].items[].folder",
  Item: "workspaces[].items[]",
  ConnectionRole: "connections[].roles[]",
};

const levels: Readonly<Record<ConfigEntry["in"], string>> = {
  stack: "",
  workspace: "workspaces[].",
  item: "workspaces[].items[].",
};

/** The key of an entry, in the notation of tables' paths. */
export const pathOf = (entry: Pick<ConfigEntry, "in" | "key" | "example">): string =>
  `${levels[entry.in]}${entry.key}${Array.isArray(entry.example) ? "[]" : ""}`;

/** The key that declares a kind's objects, in the same notation; undefined if there is none. */
export const declaringPath = (kind: ResourceKind): string | undefined =>
  kind.entry ? pathOf(kind.entry) : ownKeys[kind.name];

/** One row for each kind: the key that declares it, and the effect of changing its values. */
export function kindTable(kinds: readonly ResourceKind[]): string {
  const rows = kinds.map((kind) => {
    const key = declaringPath(kind);
    const where = key === undefined ? "" : `\`${key}\``;
    return `| ${kind.name} | ${where} | ${changing(kind, "update") || "nothing"} | ${changing(kind, "replace") || "never"} |`;
  });
  return ["| Resource | Declared by | Changed in place | Replaced for another |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}

function changing(kind: ResourceKind, change: "update" | "replace"): string {
  const names = Object.entries(kind.fields).filter(
    ([name, field]) => field.change === change && !HOLDERS.includes(name),
  );
  return names.map(([name]) => `\`${name}\``).join(", ");
}

/** One section for each key that a kind adds. */
export function kindSections(kinds: readonly ResourceKind[], schema: Json): string {
  const sections = kinds.flatMap((kind) => (kind.entry ? [sectionOf(kind, kind.entry, schema)] : []));
  return sections.join("\n\n");
}

function sectionOf(kind: ResourceKind, entry: ConfigEntry, schema: Json): string {
  const path = pathOf(entry);
  const isList = path.endsWith("[]");
  const loses = kind.holdsData?.({});
  const replaced = changing(kind, "replace");
  const isNeverUpdated = replaced !== "" && changing(kind, "update") === "";
  const facts = [
    entry.says,
    isNeverUpdated && "The service changes nothing about one: every change needs a new one.",
    loses !== undefined &&
      `Protected while \`protectData\` is on, because ${loses} would be lost with it: \`protect: false\` lifts that.`,
    entry.shows && `The stack's outputs show ${entry.shows.map((name) => `\`${name}\``).join(", ")}.`,
  ];
  return [
    `### \`${path}\``,
    facts.filter(Boolean).join(" "),
    isList ? keyTable(schemaAt(schema, path), path, () => false) : "`true`, `false`, or an object with `protect`.",
    `\`\`\`yaml\n${stringify({ [entry.key]: entry.example }).trim()}\n\`\`\``,
  ].join("\n\n");
}
