import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";

/* Access to parts of the raw file, whatever their shape. */

/** An object with keys. */
export type Entry = Readonly<Record<string, unknown>>;

/** Whether a value is an object with keys. */
export const isEntry = (raw: unknown): raw is Entry => typeof raw === "object" && raw !== null && !Array.isArray(raw);

/** The object under a key; empty for any other shape, which the schema reports. */
export const entryOf = (raw: unknown): Entry => (isEntry(raw) ? raw : {});

/** The entries of a list; an entry of any other shape counts as empty, so that positions stay right. */
export function entriesOf(raw: unknown): Entry[] {
  return Array.isArray(raw) ? raw.map(entryOf) : [];
}

/** Trimmed text; undefined if the value is not text, or is empty. */
export function textOf(raw: unknown): string | undefined {
  return (typeof raw === "string" && raw.trim()) || undefined;
}

/** Whether a value is true, also as the text that `pulumi config set` writes. */
export const isYes = (raw: unknown): boolean => raw === true || textOf(raw)?.toLowerCase() === "true";

/** Remembers the names of a list regardless of case, and reports duplicates. */
export function duplicateFinder(
  problems: Problem[],
): (what: string, value: string | undefined, path: ConfigPath) => boolean {
  const seen = new Map<string, ConfigPath>();
  return (what, value, path) => {
    if (value === undefined) return false;
    const key = `${what} ${value.toLowerCase()}`;
    const first = seen.get(key);
    if (first) problems.push(problemAt(path, `same ${what} as ${problemAt(first, "").path}`));
    else seen.set(key, path);
    return first !== undefined;
  };
}
