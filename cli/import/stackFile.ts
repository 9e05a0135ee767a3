import { Document, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Node, YAMLMap, YAMLSeq } from "yaml";
import type { NamedEntry, WorkspaceEntry } from "./description.ts";

const CONFIG = "config";

/** A list of the configuration to add entries to. */
interface List {
  readonly key: "fabric:workspaces" | "fabric:connections";
  /** One of its entries, in messages. */
  readonly noun: string;
}
const WORKSPACES: List = { key: "fabric:workspaces", noun: "workspace" };
const CONNECTIONS: List = { key: "fabric:connections", noun: "connection" };

/**
 * A stack's file with further workspaces at the end of the list, and further connections in theirs. The existing text stays unchanged to the letter; the library's
 * own output would keep comments, but not indentation and line breaks.
 * @param comments explains object ids to readers: comments for entries of `users`, by principal, and for connections that Git uses, by id
 * @throws Error if the file is not YAML, or its shape allows no addition
 */
export function withWorkspaces(
  text: string,
  entries: readonly WorkspaceEntry[],
  comments: ReadonlyMap<string, string> = new Map(),
  connections: readonly NamedEntry[] = [],
): string {
  const known = connections.length > 0 ? withEntries(text, CONNECTIONS, connections, comments) : text;
  return withEntries(known, WORKSPACES, entries, comments);
}

/**
 * Whether connections can be added to a stack's file: all that the configuration has stand there, one below the other. Others
 * stand in Pulumi.yaml or an environment, and a list in the stack's file would take their place.
 * @param count the number of connections in the configuration
 */
export function takesConnections(text: string, count: number): boolean {
  const config: unknown = parseDocument(text).get(CONFIG, true);
  const list: unknown = isMap(config) ? config.get(CONNECTIONS.key, true) : undefined;
  if (isSeq(list)) return list.items.length === count && (count === 0 || list.flow !== true);
  return count === 0 && (list === undefined || (isScalar(list) && list.value === null));
}

function withEntries(
  text: string,
  list: List,
  entries: readonly NamedEntry[],
  comments: ReadonlyMap<string, string>,
): string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new Error(`The stack's file is not valid YAML: ${error.message}`);
  const added = inserted(text, document, list, entriesText(entries, comments)).replaceAll(
    /\r?\n/g,
    text.includes("\r\n") ? "\r\n" : "\n",
  );
  assertAdded(text, added, list, entries);
  return added;
}

function inserted(text: string, document: Document.Parsed, { key, noun }: List, entries: string): string {
  const config: unknown = document.get(CONFIG, true);
  if (!document.has(CONFIG)) return `${endingInLine(text)}${CONFIG}:\n  ${key}:\n${indented(entries, 4)}`;
  if (isScalar(config) && config.value === null) {
    return splice(text, config.range?.[0], `\n  ${key}:\n${indented(entries, 4)}`);
  }
  if (!isMap(config) || config.flow)
    throw new Error("config in the stack's file must be a block of keys: write one key a line.");
  const list: unknown = config.get(key, true);
  if (isSeq(list) && !list.flow && list.items.length > 0)
    return afterLast(text, list, indented(entries, columnOf(text, list)));
  const column = columnOf(text, config);
  const block = indented(entries, column + 2);
  if (list === undefined) return afterLast(text, config, `${" ".repeat(column)}${key}:\n${block}`);
  const isEmpty = isSeq(list) ? list.items.length === 0 : isScalar(list) && list.value === null;
  if (!isEmpty) throw new Error(`${key} in the stack's file must be a block list: write one ${noun} below the other.`);
  const { range } = list as Node;
  return splice(text, range?.[0], `\n${block}`, range?.[1]);
}

/** Inserts lines after the last line of a block. */
function afterLast(text: string, block: YAMLMap | YAMLSeq, lines: string): string {
  const last = block.items.at(-1) as Node | { value: Node | null; key: Node };
  const node = "key" in last ? (last.value ?? last.key) : last;
  const end = node.range?.[1] ?? text.length;
  const isAtLine = end === 0 || text[end - 1] === "\n";
  const next = isAtLine ? end : text.indexOf("\n", end) + 1;
  const at = next === 0 ? text.length : next;
  return endingInLine(text.slice(0, at)) + lines + text.slice(at);
}

/** Replaces a value after a key by lines below the key. */
function splice(text: string, from = text.length, lines: string, to = from): string {
  const rest = text.slice(to);
  return (
    text.slice(0, from).replace(/[ \t]+$/, "") +
    lines.replace(/\n$/, "") +
    (rest.startsWith("\n") || rest.startsWith("\r\n") ? rest : `\n${rest}`)
  );
}

const endingInLine = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

/** Indentation of a block, in columns. */
function columnOf(text: string, { range }: Node): number {
  const start = range?.[0] ?? 0;
  return start - (text.lastIndexOf("\n", start - 1) + 1);
}

const indented = (text: string, by: number) => text.replaceAll(/^(?=.)/gm, " ".repeat(by));

/** The entries as a list, in the style of the examples. */
export function entriesText(entries: readonly NamedEntry[], comments: ReadonlyMap<string, string> = new Map()): string {
  const document = new Document(entries);
  visit(document, {
    Pair(_key, { key, value }) {
      const connection = isScalar(key) && key.value === "connectionId" ? comments.get(String(value)) : undefined;
      if (connection !== undefined && isScalar(value)) value.comment = commentOf(connection);
      const isOneLined = isScalar(key) && (key.value === "users" || key.value === "items");
      if (!isOneLined || !isSeq(value)) return;
      for (const entry of value.items) {
        if (!isMap(entry)) continue;
        entry.flow = true;
        const comment = comments.get(String(entry.get("principal")));
        if (comment !== undefined) entry.comment = commentOf(comment);
      }
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** A comment on one line. */
const commentOf = (text: string) => ` ${text.replaceAll(/\s+/g, " ")}`;

/** @throws Error if the new text does not parse to the expected content. Nothing is written then */
function assertAdded(before: string, after: string, { key }: List, entries: readonly NamedEntry[]): void {
  const listOf = (text: string) => {
    const content = parseDocument(text).toJS() as { config?: Record<string, unknown> } | null;
    return { ...content, [CONFIG]: { ...content?.config, [key]: content?.config?.[key] ?? [] } };
  };
  const wanted = listOf(before);
  const list = wanted[CONFIG][key] as unknown[];
  wanted[CONFIG][key] = [...list, ...entries];
  if (JSON.stringify(wanted) !== JSON.stringify(listOf(after)))
    throw new Error(
      "The new entries do not fit into the stack's file. This is a bug of this project; nothing was written.",
    );
}
