import type { TextFile } from "./contentRules.ts";

/*
 * Ids as Git integration writes them. In a branch, the logical id of an item stands for its id, and the all-zero id for
 * the workspace's own id. https://learn.microsoft.com/fabric/cicd/git-integration/source-code-format
 */

/** The id that stands for the own workspace, and for no logical id. */
export const ZERO_ID = "00000000-0000-0000-0000-000000000000";

const GUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi;

/** An id in a text. */
export interface FoundId {
  /** In lower case. */
  readonly id: string;
  readonly position: number;
}

/** All ids in a text. */
export const idsIn = (text: string): FoundId[] =>
  [...text.matchAll(GUID)].map(({ 0: id, index }) => ({ id: id.toLowerCase(), position: index }));

/** Replaces ids, whatever their case. @param to the new id; undefined to leave the id */
export const replaceIds = (text: string, to: (id: string) => string | undefined): string =>
  text.replace(GUID, (id) => to(id.toLowerCase()) ?? id);

/** Keys whose value is the id of a workspace. */
const WORKSPACE_KEY = "default_lakehouse_workspace_id|workspaceId|workspace_id|workspace";
const IN_JSON = new RegExp(`("(?:${WORKSPACE_KEY})"\\s*:\\s*")${ZERO_ID}(?=")`, "gi");
/** Properties of a notebook in its source. The code of the notebook may hold the id for other reasons. */
const META_LINE = /^(?:#|--|\/\/|%%|\*) ?META\b.*$/gm;
/** The workspace in the address of a model. */
const IN_ADDRESS = new RegExp(`(/myorg/)${ZERO_ID}`, "gi");

/** Whether the whole file is a value with keys. */
const isJson = (text: string) => /^\uFEFF?\s*[[{]/.test(text);

/**
 * Puts the workspace's id where Git integration wrote the all-zero id for it. The all-zero id of anything else stays: in code,
 * in projects of other tools, for the lakehouse itself in shortcuts.
 */
export function replaceWorkspaceId({ path, text }: TextFile, workspaceId: string): string {
  if (!text.includes(ZERO_ID)) return text;
  if (path.endsWith(".pbir")) return text.replace(IN_ADDRESS, `$1${workspaceId}`).replace(IN_JSON, `$1${workspaceId}`);
  if (isJson(text)) return text.replace(IN_JSON, `$1${workspaceId}`);
  return text.replace(META_LINE, (line) => line.replace(IN_JSON, `$1${workspaceId}`));
}

/**
 * Ids beside the all-zero id of the own workspace: in the same object of a JSON file or of a notebook's properties. Only Git
 * integration writes that, so these ids are logical ids of items.
 */
export function idsBesideOwnWorkspace({ text }: TextFile): FoundId[] {
  if (!text.includes(ZERO_ID)) return [];
  const json = isJson(text) ? text : text.replace(/^(?!(?:#|--|\/\/) ?META\b).*$/gm, (line) => " ".repeat(line.length));
  return [...json.matchAll(IN_JSON)].flatMap(({ index }) => idsOfItems(objectAround(json, index)));
}

/** A part of a text. */
interface Span {
  readonly text: string;
  readonly start: number;
}

/** The innermost braces around a position. Braces in texts do not occur between the keys that matter here. */
function objectAround(text: string, position: number): Span {
  const start = Math.max(text.lastIndexOf("{", position), 0);
  const end = text.indexOf("}", position);
  return { text: text.slice(start, end < 0 ? undefined : end), start };
}

const ITEM_KEY =
  /"(?:notebookId|pipelineId|itemId|artifactId|lakehouseId|warehouseId|environmentId|dataflowId|databaseItemId|semanticModelId)"\s*:\s*"([\da-f-]{36})"/gi;

const idsOfItems = ({ text, start }: Span): FoundId[] =>
  [...text.matchAll(ITEM_KEY)].flatMap(({ 1: id = "", 0: all, index }) => {
    const lower = id.toLowerCase();
    return lower === ZERO_ID ? [] : [{ id: lower, position: start + index + all.indexOf(id) }];
  });
