import { createRequire } from "node:module";
import type * as Jsonc from "jsonc-parser";
import type * as Yaml from "yaml";
import { parsePyYaml, yaml } from "./pyYaml.ts";

// loaded only if a key has to be found
const jsonc = () => createRequire(import.meta.url)("jsonc-parser") as typeof Jsonc;

/** A value of a JSON or YAML file, and where it stands in the text. */
export interface Tree {
  /** Position of its first character. */
  readonly start: number;
  /** Position behind its last character. */
  readonly end: number;
  /** Of an object; of a repeated key the last value counts. */
  readonly members?: ReadonlyMap<string, Tree>;
  /** Of a list. */
  readonly entries?: readonly Tree[];
  /** Text, number, boolean or null, if it is neither an object nor a list. */
  readonly value?: unknown;
}

/** The content of a JSON file; undefined if the text is not JSON. */
function jsonTree(text: string): Tree | undefined {
  try {
    // much faster than the parser below, which is also more lenient
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const root = jsonc().parseTree(text);
  return root && fromJson(root);
}

function fromJson(node: Jsonc.Node): Tree {
  const range = { start: node.offset, end: node.offset + node.length };
  const children = node.children ?? [];
  if (node.type === "array") return { ...range, entries: children.map(fromJson) };
  if (node.type !== "object") return { ...range, value: node.value };
  const members = new Map<string, Tree>();
  for (const { children: [key, value] = [] } of children)
    if (key && value) members.set(String(key.value), fromJson(value));
  return { ...range, members };
}

/**
 * The content of a YAML file; undefined if the text is no object or list in YAML. Keys that
 * `<<` takes over from elsewhere do not count.
 */
export function yamlTree(text: string): Tree | undefined {
  if (!mayBeYaml(text)) return undefined;
  const { isMap, isSeq, isScalar, isAlias } = yaml();
  const document = parsePyYaml(text);
  if (document.errors.length > 0) return undefined;
  const fromYaml = (node: unknown, at: number): Tree => {
    if (isAlias(node)) {
      const target = node.resolve(document);
      const [start, end] = node.range ?? [at, at];
      return target ? { ...fromYaml(target, at), start, end } : { start, end, value: null };
    }
    const [start, end] = (node as Yaml.Node | null)?.range ?? [at, at];
    if (isSeq(node)) return { start, end, entries: node.items.map((entry) => fromYaml(entry, end)) };
    if (!isMap(node)) return { start, end, value: isScalar(node) ? node.value : null };
    const members = new Map<string, Tree>();
    for (const { key, value } of node.items) {
      if (isScalar(key)) members.set(String(key.value), fromYaml(value, key.range?.[1] ?? end));
    }
    return { start, end, members };
  };
  const root = document.contents;
  return isMap(root) || isSeq(root) ? fromYaml(root, 0) : undefined;
}

/**
 * A quick look at the first line that is no comment, because most files are other languages, and YAML takes seconds for a megabyte
 * of them. An object begins with a key and a colon in one line, and everything else with a sign.
 */
function mayBeYaml(text: string): boolean {
  const first = /^(?:[ \t]*(?:#[^\n]*)?\n)*([^\n]*)/.exec(text)?.[1] ?? "";
  return /^\s*[-?{[!&*%"']|:(?:\s|$)/.test(first);
}

/** The content of a JSON or YAML text; undefined if it is neither. */
export type Parsed = { readonly tree: Tree; readonly isJson: boolean } | undefined;

/** Parses texts, and remembers the last one: of many values that are looked for in a file, most are not there. */
export class TreeReader {
  #last: { readonly text: string; readonly parsed: Parsed } | undefined;

  parse(text: string): Parsed {
    if (this.#last?.text !== text) this.#last = { text, parsed: parsed(text) };
    return this.#last.parsed;
  }
}

function parsed(text: string): Parsed {
  const json = jsonTree(text);
  const tree = json ?? yamlTree(text);
  return tree && { tree, isJson: json !== undefined };
}
