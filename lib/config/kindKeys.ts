import type { z } from "zod";
import { entriesOf, textOf, duplicateFinder } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";

/** A key of the configuration that a kind of object brings along. */
export interface KindKey {
  /** What has the key: the stack, each workspace, or each item. */
  readonly in: "stack" | "workspace" | "item";
  /** As in the file: `managedPrivateEndpoints`. */
  readonly key: string;
  /** Valid values; each key of an entry is described by the schema's own description. */
  readonly schema: z.ZodType;
  /** Keys of one entry, for the proposal that an unknown key's message makes. */
  readonly entryKeys: readonly string[];
}

/** Values of the keys that kinds bring along, valid, by key. Keys that the file does not have are absent. */
export type KindValues = Readonly<Record<string, unknown>>;

/** The keys of one level as parts of an object's schema: absent keys are allowed. */
export const shapeOf = (keys: readonly KindKey[], level: KindKey["in"]): Record<string, z.ZodType> =>
  Object.fromEntries(keysIn(keys, level).map(({ key, schema }) => [key, schema.optional()]));

/** The keys of one level. */
export const keysIn = (keys: readonly KindKey[], level: KindKey["in"]): readonly KindKey[] =>
  keys.filter((key) => key.in === level);

/** The values of one level, apart from the others; nothing if there are none. */
export function kindValues(
  keys: readonly KindKey[],
  level: KindKey["in"],
  value: object,
): { readonly kindValues?: KindValues } {
  const own = keysIn(keys, level).flatMap(({ key }): [string, unknown][] => {
    const given: unknown = Reflect.get(value, key);
    return given === undefined ? [] : [[key, given]];
  });
  return own.length === 0 ? {} : { kindValues: Object.fromEntries(own) };
}

/** Names become keys of resources: they are unique in their list, and hold nothing that separates the parts of a key. */
export function checkKindValues(
  keys: readonly KindKey[],
  level: KindKey["in"],
  raw: Entry,
  at: ConfigPath,
  problems: Problem[],
): void {
  for (const { key } of keysIn(keys, level)) {
    const isDuplicate = duplicateFinder(problems);
    entriesOf(raw[key]).forEach((entry, index) => {
      const path = [...at, key, index, "name"];
      const name = textOf(entry["name"]);
      if (name !== undefined && /\/|::/.test(name))
        problems.push(problemAt(path, "must not contain / or ::, which separate the parts of a resource's key"));
      isDuplicate("name", name, path);
    });
  }
}
