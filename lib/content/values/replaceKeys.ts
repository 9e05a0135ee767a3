import { findKeys, namesIn } from "./findKeys.ts";
import { readJsonPath } from "./jsonPath.ts";
import type { Replaced } from "./replaceText.ts";
import { TreeReader } from "./tree.ts";
import type { JsonValue } from "./value.ts";

/**
 * Replaces the values that a path names in a JSON or YAML text. Everything else stays as it is written: other tools' indentation,
 * comments and order. Other texts, and texts in which the path finds nothing, do not change.
 * @param to the value, in which dynamic values are already replaced
 * @param trees the same one for all values of a file, so that the file is parsed once
 * @throws Error if the path cannot be understood
 */
export function replaceKeys(text: string, path: string, to: JsonValue, trees = new TreeReader()): Replaced {
  const read = readJsonPath(path);
  if ("problem" in read) throw new Error(`The path ${JSON.stringify(path)} ${read.problem}.`);
  if (namesIn(read.steps).some((name) => isAbsent(name, text))) return { text, places: 0 };
  const parsed = trees.parse(text);
  if (!parsed) return { text, places: 0 };
  const found = findKeys(parsed.tree, read.steps);
  const result = found.reduceRight((rest, { start, end }) => {
    if (parsed.isJson) return rest.slice(0, start) + jsonText(to, rest, start) + rest.slice(end);
    const from = withTag(rest, start);
    return rest.slice(0, from) + yamlText(to, rest, from, end) + rest.slice(end);
  }, text);
  return { text: result, places: found.length };
}

/** A quick look, because most files do not have the key. A name may also be written with escapes. */
function isAbsent(name: string, text: string): boolean {
  return /^[\w .-]+$/.test(name) && !text.includes(name) && !/\\[uUx]/.test(text);
}

/** The value in JSON with the indentation that the file has around it. */
function jsonText(value: JsonValue, text: string, at: number): string {
  const unit = /\n([ \t]+)\S/.exec(text)?.[1];
  if (unit === undefined) return JSON.stringify(value);
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  const indentation = /^[ \t]*/.exec(line)?.[0] ?? "";
  return JSON.stringify(value, null, unit).replaceAll("\n", `\n${indentation}`);
}

/** The value in YAML: JSON in one line, which YAML understands, too. */
function yamlText(value: JsonValue, text: string, start: number, end: number): string {
  const old = text.slice(start, end);
  // `key:` without a value has no space behind it; a list may stand as far left as its key, and a text may not
  const before = text[start - 1] === ":" ? " " : /^-\s/.test(old) ? "  " : "";
  // a block of lines ends with a line break
  const after = old.endsWith("\n") ? "\n" : "";
  return before + JSON.stringify(value) + after;
}

/** Position of a tag before a value, such as `!!int`, which is about the old value; without one the position of the value. */
function withTag(text: string, start: number): number {
  const tag = /(?<=[\s,[{])!\S*[ \t]+$/.exec(text.slice(Math.max(0, start - 100), start))?.[0];
  return start - (tag?.length ?? 0);
}
