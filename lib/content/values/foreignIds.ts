import { GUID } from "../../api/guid.ts";

/** An id that occurs in several files and belongs to nothing that is known. */
export interface ForeignId {
  /** In lower case. */
  readonly id: string;
  /** Paths of files with it, at most {@link SHOWN_FILES}. */
  readonly files: readonly string[];
  /** Number of all files with it. */
  readonly count: number;
}

/** Files that are named for each id. */
export const SHOWN_FILES = 5;
/** Ids that are reported. */
const SHOWN_IDS = 20;

const IDS = new RegExp(`(?<![\\da-f-])${GUID}(?![\\da-f]|-[\\da-f])`, "gi");
const ZERO = "00000000-0000-0000-0000-000000000000";

/**
 * Ids that remain after all values are applied, and probably belong to another environment: those in several files, because an id
 * of the content itself (of a cell, an activity) mostly stands in one. The most frequent ones come first.
 * @param files of all items, after applying; paths as they are to be shown. `.platform` files do not count.
 * @param known ids in any case: of the target, and logical ids of the repository's items
 */
export function foreignIds(
  files: Iterable<{ readonly path: string; readonly text: string | undefined }>,
  known: Iterable<string>,
): { readonly ids: readonly ForeignId[]; /** Number of ids that are not in the list. */ readonly more: number } {
  const expected = new Set([...known].map((id) => id.toLowerCase())).add(ZERO);
  const found = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    if (text === undefined || path.split("/").at(-1) === ".platform") continue;
    for (const [match] of text.matchAll(IDS)) {
      const id = match.toLowerCase();
      if (!expected.has(id)) found.set(id, (found.get(id) ?? new Set()).add(path));
    }
  }
  const repeated = [...found]
    .filter(([, paths]) => paths.size > 1)
    .map(([id, paths]): ForeignId => ({ id, files: [...paths].slice(0, SHOWN_FILES), count: paths.size }))
    .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
  return { ids: repeated.slice(0, SHOWN_IDS), more: Math.max(0, repeated.length - SHOWN_IDS) };
}
