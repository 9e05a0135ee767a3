import { allKinds, kindKeys } from "../../providers/kinds/kinds.ts";
import type { ConfigEntry } from "../../providers/engine/entry.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { kindSections, kindTable, pathOf } from "./kindPages.ts";
import { keyTable, schemaAt } from "./keyTable.ts";
import { keysSchema, stackFileSchema, workspacesFileSchema } from "./stackSchema.ts";
import type { Json } from "./stackSchema.ts";

/** Files that have derived parts, from the project's folder. */
export const pages = ["README.md", "docs/configuration.md"] as const;

/** The files that are derived completely, with their text. */
export const schemaFiles: Readonly<Record<string, () => string>> = {
  "pulumi.schema.json": () => jsonText(stackFileSchema(kindKeys)),
  "workspaces.schema.json": () => jsonText(workspacesFileSchema(kindKeys)),
};

/** Matches `<!-- derived: NAME -->`, the derived text, `<!-- end -->`. */
const REGION = /(<!-- derived: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;

const jsonText = (schema: Json): string => `${JSON.stringify(schema, null, 2)}\n`;

/**
 * A page with its derived parts renewed. `keys` and `keys of PATH` are tables of keys, `kinds` is the list of kinds, and
 * `keys of kinds` has a section for each key that a kind adds.
 * @throws Error for a part with another name
 */
export function derivedPage(text: string, kinds: readonly ResourceKind[] = allKinds): string {
  const entries = kinds.flatMap(({ entry }): ConfigEntry[] => (entry ? [entry] : []));
  const schema = keysSchema(entries);
  const tables = new Set([...entries.map(pathOf), ...regionsIn(text).map(tableOf)]);
  const derived = (name: string): string => {
    if (name === "kinds") return kindTable(kinds);
    if (name === "keys of kinds") return kindSections(kinds, schema);
    const path = tableOf(name);
    if (path === undefined) throw new Error(`Nothing is derived under the name '${name}'.`);
    return keyTable(schemaAt(schema, path), path, (at) => tables.has(at));
  };
  return text.replace(REGION, (_all, begin: string, name: string, end: string) => `${begin}${derived(name)}\n${end}`);
}

const regionsIn = (text: string): string[] => [...text.matchAll(REGION)].map(([, , name = ""]) => name);

/** The path whose keys a part lists; empty for the whole configuration; undefined for other parts. */
const tableOf = (name: string): string | undefined =>
  name === "keys" ? "" : /^keys of (?!kinds$)(.+)$/.exec(name)?.[1];
