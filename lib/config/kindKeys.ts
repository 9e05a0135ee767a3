import type { z } from "zod";
import { entriesOf, textOf, duplicateFinder } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";

/** A configuration key that a kind adds. */
export interface KindKey {
  /** The owner of the key: the stack, each workspace, or each item. */
  readonly in: "stack" | "workspace" | "item";
  /** The key's name in the file: `managedPrivateEndpoints`. */
  readonly key: string;
  /** Valid values. The schema's own descriptions describe the keys of an entry. */
  readonly schema: z.ZodType;
  /** Keys of one entry, to suggest a name for an unknown key. */
  readonly entryKeys: readonly string[];
}

/** Valid values of the keys that kinds add, by key. Keys that the file lacks are absent. */
export type KindValues = Readonly<Record<string, unknown>>;

/** The keys of one level as parts of an object's schema. All are optional. */
export const shapeOf = (keys: readonly KindKey[], level: KindKey["in"]): Record<string, z.ZodType> =>
  Object.fromEntries(keysIn(keys, level).map(({ key, schema }) => [key, schema.optional()]));

/** The keys of one level. */
const keysIn = (keys: readonly KindKey[], level: KindKey["in"]): readonly KindKey[] =>
  keys.filter((key) => key.in === level);

/** The values of one level under `kindValues`; an empty object if there are none. */
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

/**
 * Checks names of entries, which become resource keys: they must be unique in their list, without separators of a key's parts.
 */
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
