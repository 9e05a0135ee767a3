import { knownItemType } from "../../api/itemType.ts";
import { readDynamicText } from "./dynamicText.ts";
import { readFilePattern } from "./filePattern.ts";
import { readJsonPath } from "./jsonPath.ts";
import { translateRegex } from "./pythonRegex.ts";
import { isObject } from "./reader.ts";
import type { Entry, Reader } from "./reader.ts";
import type { KeyPath } from "./place.ts";
import type { Filters, FindRule, KeyRule } from "./rule.ts";
import type { JsonValue } from "./value.ts";

const FILTER_KEYS = ["item_type", "item_name", "file_path"];
const FIND_KEYS = ["find_value", "replace_value", "is_regex", "ignore_case", ...FILTER_KEYS];
const KEY_KEYS = ["find_key", "replace_value", ...FILTER_KEYS];

/** An entry of `find_replace`; undefined if it cannot be used. */
export function readFindRule(reader: Reader, value: unknown, path: KeyPath): FindRule | undefined {
  const entry = reader.entry(value, path, FIND_KEYS, ["find_value", "replace_value"]);
  if (!entry) return undefined;
  const isRegex = reader.flag(entry["is_regex"], [...path, "is_regex"]);
  const ignoreCase = reader.flag(entry["ignore_case"], [...path, "ignore_case"]);
  const find = reader.text(entry["find_value"], [...path, "find_value"]);
  if (find !== undefined) checkFind(reader, find, isRegex, [...path, "find_value"]);
  const filters = readFilters(reader, entry, path);
  const to = reader.byEnvironment(entry["replace_value"], [...path, "replace_value"], (one, at) => {
    const text = reader.text(one, at);
    return text !== undefined && isDynamicTextRight(reader, text, at) ? text : undefined;
  });
  return find === undefined
    ? undefined
    : { kind: "find_replace", place: reader.placeOf(path), find, isRegex, ignoreCase, ...filters, to };
}

/** An entry of `key_value_replace`; undefined if it cannot be used. */
export function readKeyRule(reader: Reader, value: unknown, path: KeyPath): KeyRule | undefined {
  const entry = reader.entry(value, path, KEY_KEYS, ["find_key", "replace_value"]);
  if (!entry) return undefined;
  const key = reader.text(entry["find_key"], [...path, "find_key"]);
  if (key !== undefined) refuseVariable(reader, key, [...path, "find_key"]);
  const read = key === undefined ? undefined : readJsonPath(key);
  if (read && "problem" in read) reader.problem([...path, "find_key"], read.problem);
  const filters = readFilters(reader, entry, path);
  const types = new Map<string, string>();
  const to = reader.byEnvironment(entry["replace_value"], [...path, "replace_value"], (one, at) => {
    if (one === null || one === undefined) return reader.problem(at, "must not be empty");
    if (!isJson(one))
      return reader.problem(at, "must be text, a number, true or false, a list or an object; dates need quotes");
    types.set(typeOf(one), String(at.at(-1)));
    return isEveryTextRight(reader, one, at) ? one : undefined;
  });
  if (types.size > 1) {
    const kinds = [...types].map(([type, environment]) => `${type} for ${environment}`);
    reader.problem([...path, "replace_value"], `must have values of one type, but has ${kinds.join(" and ")}`);
  }
  return key === undefined
    ? undefined
    : { kind: "key_value_replace", place: reader.placeOf(path), key, ...filters, to };
}

function checkFind(reader: Reader, find: string, isRegex: boolean, path: KeyPath): void {
  if (!isRegex) {
    if (find.startsWith("$items.")) {
      reader.problem(
        path,
        "cannot be an item of the target, whose values no file of the source holds; name its workspace too",
      );
    } else if (/^\$(?!\w*\.|ENV:)/i.test(find)) {
      reader.problem(path, "begins with $ like a dynamic value; use is_regex to find such a text as it is: (\\$…)");
    } else isDynamicTextRight(reader, find, path);
    return;
  }
  if (/^\$(workspace|items)\.|\$ENV:/.test(find)) {
    reader.problem(path, "cannot be a dynamic value and a regular expression at once: remove is_regex");
    return;
  }
  const read = translateRegex(find, false);
  if ("problem" in read) {
    reader.problem(path, read.problem);
    return;
  }
  const { groups, matchesEmpty } = read.regex;
  if (groups !== 1) {
    const message = "must have exactly one group in ( ), whose text is replaced";
    reader.problem(path, `${message}; it has ${groups === 0 ? "none" : groups}. Others are written (?:…)`);
  } else if (matchesEmpty) reader.problem(path, "can match an empty text, which is everywhere");
}

function isDynamicTextRight(reader: Reader, text: string, path: KeyPath): boolean {
  const read = readDynamicText(text, reader);
  if (/[^]\$(?:items|workspace)\.[\w$]/.test(text) && !text.startsWith("$"))
    reader.warn(
      path,
      "has $items or $workspace inside of a text, where it stays as it is: such a value is the whole text",
    );
  if ("problem" in read) reader.problem(path, read.problem);
  else
    for (const part of read.parts)
      if (typeof part !== "string" && part.kind === "item" && knownItemType(part.type) === undefined)
        reader.warn(path, `asks for an item of type ${part.type}, which is no item type that is known here`);
  return !("problem" in read);
}

/** A text by itself may be dynamic; inside lists and objects dynamic values are not put in, so they are refused there. */
function isEveryTextRight(reader: Reader, value: JsonValue, path: KeyPath): boolean {
  if (typeof value === "string") return isDynamicTextRight(reader, value, path);
  if (!/"\$(items\.|workspace\.|ENV:)/.test(JSON.stringify(value))) return true;
  reader.problem(path, "has a dynamic value inside a list or object, where none is put in; name its key in find_key");
  return false;
}

function readFilters(reader: Reader, entry: Entry, path: KeyPath): Filters {
  const itemTypes = reader.texts(entry["item_type"], [...path, "item_type"]);
  const itemNames = reader.texts(entry["item_name"], [...path, "item_name"]);
  const paths = reader.texts(entry["file_path"], [...path, "file_path"]);
  for (const [name, texts] of Object.entries({ item_type: itemTypes, item_name: itemNames, file_path: paths }))
    for (const text of texts ?? []) refuseVariable(reader, text, [...path, name]);
  for (const type of itemTypes ?? []) checkType(reader, type, [...path, "item_type"]);
  const files = paths?.flatMap((text) => {
    const read = readFilePattern(text);
    if ("pattern" in read) return [read.pattern];
    reader.problem([...path, "file_path"], read.problem);
    return [];
  });
  return { ...(itemTypes && { itemTypes }), ...(itemNames && { itemNames }), ...(files && { files }) };
}

/** fabric-cicd takes variables of the environment anywhere in the file, and here a rule would look for their names. */
function refuseVariable(reader: Reader, text: string, path: KeyPath): void {
  if (/\$ENV:/.test(text))
    reader.problem(path, "cannot take an environment variable: $ENV: stands in find_value and replace_value");
}

function checkType(reader: Reader, type: string, path: KeyPath): void {
  const spelled = knownItemType(type);
  if (spelled === undefined) reader.warn(path, `${type} is no item type that is known here; it is used as it is`);
  else if (spelled !== type) reader.problem(path, `must spell the type ${spelled}, not ${type}`);
}

function typeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "a number";
  return typeof value === "boolean" ? "true or false" : "an object";
}

function isJson(value: unknown): value is JsonValue {
  if (Array.isArray(value)) return value.every(isJson);
  if (isObject(value)) return Object.values(value).every(isJson);
  return value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
}
