import { GUID, isGuid } from "../api/guid.ts";
import type { TextFile } from "./contentRules.ts";

/*
 * Ids as Git integration writes them. In a branch, the logical id of an item stands for its id, and the all-zero id for
 * the workspace's own id. https://learn.microsoft.com/fabric/cicd/git-integration/source-code-format
 */

/** The id that stands for the own workspace, and for no logical id. */
export const ZERO_ID = "00000000-0000-0000-0000-000000000000";

const IDS = new RegExp(GUID, "gi");

/** An id in a text. */
export interface FoundId {
  /** In lower case. */
  readonly id: string;
  readonly position: number;
}

/** Whether a text is an id of an object, and not all zeros. */
export const isId = (text: string): boolean => isGuid(text) && text !== ZERO_ID;

/** All ids in a text. */
export const idsIn = (text: string): FoundId[] =>
  [...text.matchAll(IDS)].map(({ 0: id, index }) => ({ id: id.toLowerCase(), position: index }));

/** Replaces ids, whatever their case. @param to the new id; undefined to leave the id */
export const replaceIds = (text: string, to: (id: string) => string | undefined): string =>
  text.replace(IDS, (id) => to(id.toLowerCase()) ?? id);

/** Keys whose value is the id of a workspace. */
const WORKSPACE_KEY = "default_lakehouse_workspace_id|workspaceId|workspace_id|workspace";
/** Where an id stands as the value of such a key. */
const inJson = (id: string) => new RegExp(`("(?:${WORKSPACE_KEY})"\\s*:\\s*")${id}(?=")`, "gi");
/** Where an id stands in the address of a model. */
const inAddress = (id: string) => new RegExp(`(/myorg/)${id}`, "gi");
/** Where an id stands in an action of an activator, which is a JSON text inside of another one. */
const inAction = (id: string) =>
  new RegExp(`(\\\\"name\\\\"\\s*:\\s*\\\\"workspaceId\\\\"[^{}]*?\\\\"value\\\\"\\s*:\\s*\\\\")${id}(?=\\\\")`, "gi");
/** Where an id stands in the language of dataflows. */
const inMashup = (id: string) => new RegExp(`(\\b(?:${WORKSPACE_KEY})\\s*=\\s*")${id}(?=")`, "gi");
/** Properties of a notebook in its source. The code of the notebook may hold the id for other reasons. */
const META_LINE = /^(?:#|--|\/\/|%%|\*) ?META\b/;

/** Whether the whole file is a value with keys. */
const isJson = (text: string) => /^\uFEFF?\s*[[{]/.test(text);

/** The text of a file without what is no property, each sign at its place. */
const propertiesIn = ({ path, text }: TextFile): string =>
  path.endsWith(".pbir") || isJson(text)
    ? text
    : text.replace(/^.*$/gm, (line) => (META_LINE.test(line) ? line : " ".repeat(line.length)));

/** Positions of an id that means a workspace, as its key says. */
function workspacesIn(file: TextFile, id: string): number[] {
  const { path, text } = file;
  if (!text.toLowerCase().includes(id.toLowerCase())) return [];
  const places = [
    ...propertiesIn(file).matchAll(inJson(id)),
    ...(path.endsWith(".pbir") ? text.matchAll(inAddress(id)) : []),
    ...(/(?:^|\/)reflexentities\.json$/i.test(path) ? text.matchAll(inAction(id)) : []),
    ...(path.endsWith(".pq") ? text.matchAll(inMashup(id)) : []),
  ];
  return places.map(({ index, 1: before = "" }) => index + before.length);
}

/** A text with another id at a position. All ids are of one length, so that other positions stay. */
export const withIdAt = (text: string, position: number, id: string): string =>
  text.slice(0, position) + id + text.slice(position + ZERO_ID.length);

/**
 * Puts the workspace's id where Git integration wrote the all-zero id for it. The all-zero id of anything else stays: in code,
 * in projects of other tools, for the lakehouse itself in shortcuts.
 * @param otherOf id of another workspace, by the id of an item of it that stands in the same object
 */
export const replaceWorkspaceId = (
  file: TextFile,
  workspaceId: string,
  otherOf: (id: string) => string | undefined = () => undefined,
): string =>
  workspacesIn(file, ZERO_ID).reduce((text, position) => {
    const beside = idsIn(objectAround(file.text, position).text);
    return withIdAt(text, position, beside.map(({ id }) => otherOf(id)).find((id) => id !== undefined) ?? workspaceId);
  }, file.text);

/** All ids in the objects in which the all-zero id stands for the own workspace. */
export const idsInOwnWorkspace = (file: TextFile): ReadonlySet<string> =>
  new Set(workspacesIn(file, ZERO_ID).flatMap((at) => idsIn(objectAround(file.text, at).text).map(({ id }) => id)));

/**
 * The inverse of {@link replaceWorkspaceId}: puts the all-zero id where a key says that the workspace's own id stands. Where the
 * id is spelled otherwise, or zeros would turn an id beside them into a logical id that no item has, the workspace's id stays.
 * @param isLogicalId whether an item has a logical id
 */
export function withoutWorkspaceId(file: TextFile, workspaceId: string, isLogicalId: (id: string) => boolean): string {
  // Git integration leaves a dataflow's ids as they are
  if (file.path.endsWith(".pq")) return file.text;
  const unknownIn = (text: string) =>
    idsBesideOwnWorkspace({ ...file, text }).filter(({ id }) => !isLogicalId(id)).length;
  return workspacesIn(file, workspaceId).reduce((text, position) => {
    if (!text.startsWith(workspaceId, position)) return text;
    const zeroed = withIdAt(text, position, ZERO_ID);
    return unknownIn(zeroed) > unknownIn(text) ? text : zeroed;
  }, file.text);
}

/**
 * Ids beside the all-zero id of the own workspace: in the same object of a JSON file or of a notebook's properties. Only Git
 * integration writes that, so these ids are logical ids of items.
 */
export function idsBesideOwnWorkspace(file: TextFile): FoundId[] {
  if (!file.text.includes(ZERO_ID)) return [];
  const properties = propertiesIn(file);
  const found = workspacesIn(file, ZERO_ID).flatMap((position) => idsOfItems(objectAround(properties, position)));
  return [...new Map(found.map((one) => [one.position, one])).values()];
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
  /"(?:default_lakehouse|notebookId|pipelineId|itemId|artifactId|lakehouseId|warehouseId|environmentId|dataflowId|databaseItemId|semanticModelId|pbiModelDatabaseName)"\s*:\s*"([\da-f-]{36})"/gi;
/** The model in a report's connection string. */
const MODEL_KEY = /semanticmodelid=([\da-f-]{36})/gi;

const idsOfItems = ({ text, start }: Span): FoundId[] =>
  [...text.matchAll(ITEM_KEY), ...text.matchAll(MODEL_KEY)].flatMap(({ 1: id = "", 0: all, index }) => {
    const lower = id.toLowerCase();
    return lower === ZERO_ID ? [] : [{ id: lower, position: start + index + all.indexOf(id) }];
  });
