import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";

/* How rules look at the file as it stands, whatever shape its parts have. */

/** An object with keys. */
export type Entry = Readonly<Record<string, unknown>>;

/** Whether a value is an object with keys. */
export const isEntry = (raw: unknown): raw is Entry => typeof raw === "object" && raw !== null && !Array.isArray(raw);

/** The object under a key; what has another shape counts as empty, because the schema has said so already. */
export const entryOf = (raw: unknown): Entry => (isEntry(raw) ? raw : {});

/** The entries of a list; what has another shape counts as empty, so that positions stay right. */
export function entriesOf(raw: unknown): Entry[] {
  return Array.isArray(raw) ? raw.map(entryOf) : [];
}

/** Text without the space around it, or undefined for everything that is no text or empty. */
export function textOf(raw: unknown): string | undefined {
  return (typeof raw === "string" && raw.trim()) || undefined;
}

/** Remembers names of one list, whatever their case, and reports those seen before. */
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
