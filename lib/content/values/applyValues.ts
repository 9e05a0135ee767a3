import { matchesFile } from "./filePattern.ts";
import { dynamicText } from "./dynamicText.ts";
import type { DynamicReference } from "./reference.ts";
import { replaceKeys } from "./replaceKeys.ts";
import { replaceGroup, replaceLiteral } from "./replaceText.ts";
import type { Replaced } from "./replaceText.ts";
import { StandIns } from "./standIns.ts";
import { TreeReader } from "./tree.ts";
import type { TextValue, Value } from "./value.ts";

/** A file of an item. */
export interface ItemFile {
  /** Path below the item's folder, with `/`. */
  readonly path: string;
  /** Content; undefined for binary content, which never changes. */
  readonly text: string | undefined;
}

/** How dynamic values become text. */
export interface DynamicValues {
  /** Text to put in for a reference: the real value if it is known, or something that is replaced by it later. */
  readonly placeholder: (reference: DynamicReference) => string;
  /**
   * The real value of a reference to find (`find_value: $workspace.Dev.$id`); undefined or an empty text finds nothing. Without
   * this function such a value is an error.
   */
  readonly sought?: (reference: DynamicReference) => string | undefined;
}

/** An item's files with their values. */
export interface AppliedValues<F extends ItemFile> {
  /** All files in their order. A file in which nothing changed is the object that was given. */
  readonly files: readonly F[];
  /** Number of places that each value changed, in the order of the values. */
  readonly places: readonly number[];
  /** What was found, but could not be replaced. */
  readonly problems: readonly { readonly value: number; readonly file: string; readonly message: string }[];
}

/**
 * Puts the values into an item's files. `.platform` never changes. Line ends do not count in finding, and stay as they are.
 * @param folder the item's folder relative to the repository folder, with `/`
 * @throws Error if a value cannot be understood, or a reference to find has nobody who knows it
 */
export function applyValues<F extends ItemFile>(
  folder: string,
  files: readonly F[],
  values: readonly Value[],
  dynamic: DynamicValues,
): AppliedValues<F> {
  const standIns = new StandIns();
  const places = values.map(() => 0);
  const problems: { value: number; file: string; message: string }[] = [];
  const applied = files.map((file): F => {
    if (file.text === undefined || file.path.split("/").at(-1) === ".platform") return file;
    const path = folder === "" ? file.path : `${folder}/${file.path}`;
    const original = withLineFeeds(file.text);
    const trees = new TreeReader();
    const text = values.reduce((before, value, index) => {
      if (!(value.files?.some((pattern) => matchesFile(pattern, path)) ?? true)) return before;
      const replaced = applyValue(before, value, { standIns, trees }, dynamic);
      places[index] = (places[index] ?? 0) + replaced.places;
      if (replaced.problem !== undefined) problems.push({ value: index, file: file.path, message: replaced.problem });
      return replaced.text;
    }, original);
    if (text === original) return file;
    return { ...file, text: withLineEndsOf(file.text, standIns.resolved(text, dynamic.placeholder)) };
  });
  return { files: applied, places, problems };
}

function applyValue(
  text: string,
  value: Value,
  { standIns, trees }: { readonly standIns: StandIns; readonly trees: TreeReader },
  dynamic: DynamicValues,
): Replaced {
  if ("key" in value) {
    const to = typeof value.to === "string" ? standIns.textOf(value.to, true) : value.to;
    // a byte order mark is no part of JSON
    const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
    const replaced = replaceKeys(text.slice(mark.length), value.key, to, trees);
    return { ...replaced, text: mark + replaced.text };
  }
  const to = standIns.textOf(value.to, false);
  if (value.regex) return replaceGroup(text, value.find, to, value.ignoreCase ?? false);
  const find = soughtText(value, dynamic);
  return find === "" ? { text, places: 0 } : replaceLiteral(text, withLineFeeds(find), to, value.ignoreCase ?? false);
}

/** The text to find, with the real values of what is dynamic in it; empty if one of them is unknown. */
function soughtText({ find }: TextValue, { sought }: DynamicValues): string {
  const parts = dynamicText(find).map((part) => {
    if (typeof part === "string") return part;
    if (!sought)
      throw new Error(`The text to find ${JSON.stringify(find)} is dynamic, and its value is not known here.`);
    return sought(part);
  });
  return parts.some((part) => part === undefined || part === "") ? "" : parts.join("");
}

/** fabric-cicd reads files so: with one kind of line end. */
const withLineFeeds = (text: string) => text.replace(/\r\n?/g, "\n");

/** The line ends of Windows, if the file had no others. */
function withLineEndsOf(original: string, text: string): string {
  const hadOnlyWindows = original.includes("\r\n") && !/\r(?!\n)|(?<!\r)\n/.test(original);
  return hadOnlyWindows ? text.replaceAll("\n", "\r\n") : text;
}
