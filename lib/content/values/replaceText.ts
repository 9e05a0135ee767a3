import { translateRegex } from "./pythonRegex.ts";

/** Text after a replacement. */
export interface Replaced {
  readonly text: string;
  /** Number of places that changed. */
  readonly places: number;
  /** What is wrong with a place that was found: it stays as it is. */
  readonly problem?: string;
}

/** Replaces a text everywhere. */
export function replaceLiteral(text: string, find: string, to: string, ignoreCase: boolean): Replaced {
  const parts = ignoreCase ? text.split(new RegExp(escaped(find), "iv")) : text.split(find);
  return { text: parts.join(to), places: parts.length - 1 };
}

/**
 * Replaces what the group of a regular expression finds, everywhere.
 * @param find a regular expression of Python with exactly one group
 * @throws Error if it cannot be translated
 */
export function replaceGroup(text: string, find: string, to: string, ignoreCase: boolean): Replaced {
  const read = translateRegex(find, ignoreCase);
  if ("problem" in read) throw new Error(`The regular expression ${JSON.stringify(find)} ${read.problem}.`);
  let result = "";
  let from = 0;
  let places = 0;
  let empty = 0;
  for (const match of text.matchAll(new RegExp(read.regex.source, read.regex.flags))) {
    const [start, end] = match.indices?.[1] ?? [0, 0];
    if (start === end) {
      empty++;
      continue;
    }
    result += text.slice(from, start) + to;
    from = end;
    places++;
  }
  const problem = `its group finds an empty text (${empty} ${empty === 1 ? "place" : "places"}), so there is nothing to replace`;
  return { text: result + text.slice(from), places, ...(empty > 0 && { problem }) };
}

const escaped = (text: string) =>
  text.replace(
    /[\\^$.*+?()[\]{}|/&\-!#%,:;<=>@`~]/g,
    (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
