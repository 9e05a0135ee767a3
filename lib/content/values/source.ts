import type * as Yaml from "yaml";
import { pathText } from "./place.ts";
import type { KeyPath, Place, ValueProblem } from "./place.ts";
import { parsePyYaml, yaml } from "./pyYaml.ts";

/** Rules as they were written, and where each of them stands. */
export interface Source {
  /** Content: objects, lists, texts, numbers, booleans. */
  readonly value: unknown;
  /** Where the value at a path stands. For a key that is absent it is the place of the object that lacks it. */
  readonly placeOf: (path: KeyPath) => Place;
}

/**
 * Rules that somebody already parsed, for example below a key of the stack's configuration.
 * @param prefix path of the object itself, for messages
 */
export function objectSource(value: unknown, prefix: string): Source {
  return { value, placeOf: (path) => ({ path: pathText(prefix, path) }) };
}

/**
 * Rules in a YAML file, read as fabric-cicd reads it.
 * @param file name for messages
 * @returns the source, or the problems of a file that cannot be read at all
 */
export function yamlSource(
  text: string,
  file: string,
): { readonly source?: Source; readonly problems: ValueProblem[] } {
  const lines = new (yaml().LineCounter)();
  const document = parsePyYaml(text.replace(/^\uFEFF/, ""), lines);
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const [error] = [...document.errors, ...document.warnings];
  // the first error only: what follows it is mostly its echo
  if (error) {
    const message =
      error.code === "MULTIPLE_DOCS"
        ? "begins a second document with ---, and only one is read"
        : `is not valid YAML: ${error.message}`;
    return { problems: [{ file, line: lineAt(error.pos[0]), path: "", message }] };
  }
  const placeOf = (path: KeyPath): Place => {
    const offset = offsetOf(document, path);
    return { file, ...(offset === undefined ? {} : { line: lineAt(offset) }), path: pathText("", path) };
  };
  const problems = [...danglingAliases(document, file, lineAt), ...wrongKeys(document, placeOf)];
  try {
    const value: unknown = document.toJS();
    // an object that contains itself
    JSON.stringify(value);
    return { source: { value, placeOf }, problems };
  } catch {
    const message = "is not valid YAML here: an alias leads nowhere, to itself, or to very much";
    return { problems: problems.length > 0 ? problems : [{ file, path: "", message }] };
  }
}

function danglingAliases(document: Yaml.Document, file: string, lineAt: (offset: number) => number): ValueProblem[] {
  const problems: ValueProblem[] = [];
  yaml().visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document)) return;
      const message = `is not valid YAML: no anchor &${alias.source} stands before the alias *${alias.source}`;
      problems.push({ file, line: lineAt(alias.range?.[0] ?? 0), path: "", message });
    },
  });
  return problems;
}

/** Position of the last part of the path that exists: of the key in an object, of the entry in a list. */
function offsetOf(document: Yaml.Document, path: KeyPath): number | undefined {
  const { isMap, isSeq } = yaml();
  let node = resolved(document, document.contents);
  let offset = node?.range?.[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => keyText(key) === String(step));
      if (!pair) return offset;
      offset = (pair.key as Yaml.Node).range?.[0] ?? offset;
      node = resolved(document, pair.value as Yaml.Node | null);
    } else if (isSeq(node)) {
      const entry = node.items[Number(step)] as Yaml.Node | undefined;
      if (!entry) return offset;
      offset = entry.range?.[0] ?? offset;
      node = resolved(document, entry);
    } else return offset;
  }
  return offset;
}

function resolved(document: Yaml.Document, node: Yaml.Node | null): Yaml.Node | null {
  return yaml().isAlias(node) ? (node.resolve(document) ?? null) : node;
}

const keyText = (key: unknown) => (yaml().isScalar(key) ? String(key.value) : undefined);

/** Keys that occur twice in one object, and keys that YAML does not read as text. */
function wrongKeys(document: Yaml.Document, placeOf: (path: KeyPath) => Place): ValueProblem[] {
  const { isScalar, isMap, isSeq } = yaml();
  const problems: ValueProblem[] = [];
  const look = (node: Yaml.Node | null, path: KeyPath): void => {
    if (isSeq(node)) node.items.forEach((entry, index) => look(entry as Yaml.Node, [...path, index]));
    if (!isMap(node)) return;
    const seen = new Map<string, string>();
    for (const { key, value } of node.items) {
      // `<<`, which takes over the keys of another object
      if (isScalar(key) && typeof key.value === "symbol") continue;
      const text = keyText(key) ?? "";
      const at = [...path, text];
      if (!isScalar(key) || typeof key.value !== "string") {
        // the place of the object: a key that is no text cannot be found again
        const message = "has a key that YAML does not read as text: put the key in quotes";
        problems.push({ ...placeOf(path), message });
        continue;
      }
      const first = seen.get(text.toLowerCase());
      if (first === undefined) seen.set(text.toLowerCase(), text);
      else problems.push({ ...placeOf(at), message: repeated(first, text, placeOf([...path, first]).line) });
      look(value as Yaml.Node | null, at);
    }
  };
  look(document.contents, []);
  return problems;
}

function repeated(first: string, again: string, line: number | undefined): string {
  if (first === again) return "occurs twice in this object; YAML would use the last one only";
  return `differs only in case from ${first}${line === undefined ? "" : ` in line ${line}`}; keep one of both`;
}
