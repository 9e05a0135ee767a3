import { problemAt } from "./problem.ts";
import type { ConfigPath, ConfigPlace, Problem } from "./problem.ts";

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
): (what: string, value: string | undefined, at: ConfigPath, file?: ConfigPlace["file"]) => boolean {
  const seen = new Map<string, ConfigPlace>();
  return (what, value, at, file) => {
    if (value === undefined) return false;
    // accents may be stored apart from their letters
    const key = `${what} ${value.normalize("NFC").toLowerCase()}`;
    const first = seen.get(key);
    const same = first && ([{ at, file }, first] as const);
    if (same) problems.push({ ...problemAt(at, `same ${what} as ${problemAt(first.at, "").path}`), same });
    else seen.set(key, { at, file });
    return first !== undefined;
  };
}
