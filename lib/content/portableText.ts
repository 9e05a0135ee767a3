import { posix } from "node:path";
import { z } from "zod";
import { kqlSources, namesDatabases } from "./clusterUris.ts";
import type { TextFile } from "./contentRules.ts";
import { ZERO_ID, idsIn, withIdAt, withoutWorkspaceId } from "./gitIds.ts";
import { REPORT_FILE, withModelId } from "./modelOfReport.ts";
import { isParent } from "./parentEventhouse.ts";
import { isSentAsItIs, workspaceKey } from "./reference.ts";
import { resolvedText } from "./resolvedDefinition.ts";
import { jsonIn } from "./textFiles.ts";

/*
 * The way back from a definition at the service to files of a repository: ids of one environment become what Git integration
 * writes for them. It is the exact inverse of `resolvedDefinition`, or nothing: what would not be sent as it was read stays.
 */

/** An item that content can name by what stands in its folder. */
export interface NamedItem {
  /** The service's id, in the service's spelling. */
  readonly id: string;
  readonly logicalId: string;
  readonly workspaceId: string;
  readonly type: string;
  /** The item's folder, relative to the project. */
  readonly path: string;
}

/** Where the content comes from. */
export interface ContentOrigin {
  readonly type: string;
  readonly workspaceId: string;
  /** The item's folder, relative to the project. */
  readonly path: string;
  /** Items that the content may name, by their id in lower case. */
  readonly items: ReadonlyMap<string, NamedItem>;
}

/**
 * A file with logical ids instead of items' ids, zeros instead of the workspace's id, and a report's model by its folder. The
 * file stays as it is if other bytes would be sent. Pure.
 */
export function portableText(file: TextFile, origin: ContentOrigin): string {
  const { path, text } = file;
  const { type, workspaceId, items } = origin;
  if (isSentAsItIs(type, path)) return text;
  const references: Record<string, string> = {};
  const named = path === REPORT_FILE ? withModelFolder(text, origin, references) : text;
  const withIds = withLogicalIds({ path, text: named }, origin, references);
  const logicalIds = new Set([...items.values()].map(({ logicalId }) => logicalId));
  const portable = withoutWorkspaceId({ path, text: withIds }, workspaceId, (id) => logicalIds.has(id));
  const sent = (text: string) => resolvedText({ path, text }, { type, workspaceId, references });
  return sent(portable) === sent(text) ? portable : text;
}

/** Logical ids in place of the ids of items. @param references receives what was replaced */
function withLogicalIds(file: TextFile, origin: ContentOrigin, references: Record<string, string>): string {
  // such an id would bring an address along, which a new stack knows only after the database's endpoints were read
  const ofSources = new Set(namesDatabases(file.path) ? kqlSources(file.text).map(({ database }) => database) : []);
  return idsIn(file.text).reduce((text, { id, position }) => {
    const item = origin.items.get(id);
    if (!item || !text.startsWith(item.id, position) || ofSources.has(id)) return text;
    if (item.workspaceId !== origin.workspaceId && isParent(file, position)) return text;
    references[item.logicalId] = item.id;
    if (item.workspaceId !== origin.workspaceId) references[workspaceKey(item.logicalId)] = item.workspaceId;
    return withIdAt(text, position, item.logicalId);
  }, file.text);
}

const byConnectionSchema = z.looseObject({
  $schema: z.unknown(),
  datasetReference: z.object({ byConnection: z.looseObject({ pbiModelDatabaseName: z.string() }) }),
});

/** A report that names the folder of its model, if only the model's id was put in for it. */
function withModelFolder(text: string, origin: ContentOrigin, references: Record<string, string>): string {
  const report = byConnectionSchema.safeParse(jsonIn(text)).data;
  const model = origin.items.get(report?.datasetReference.byConnection.pbiModelDatabaseName.toLowerCase() ?? "");
  if (!report || model?.type !== "SemanticModel" || model.workspaceId !== origin.workspaceId) return text;
  const path = posix.relative(origin.path, model.path);
  const datasetReference = { byPath: { path } };
  const { $schema: _schema, ...withoutSchema } = report;
  // the schema is put in if the file has none
  const named = [report, withoutSchema]
    .map((one) => JSON.stringify({ ...one, datasetReference }, null, 2))
    .find((file) => withModelId(file, model.id) === text);
  if (named === undefined) return text;
  references[path] = model.id;
  return named;
}

/** An id that stays in a file. */
export interface KeptId {
  /** In lower case. */
  readonly id: string;
  readonly position: number;
  /** Whether its place says that it is the id of an object at the service, and none of the content itself. */
  readonly isOfObject: boolean;
}

/** Keys whose value is the id of an object, and not of a part of the content. */
const OBJECT_KEY =
  /(?:workspace|group|item|artifact|object|notebook|pipeline|lakehouse|warehouse|environment|dataflow|database|dataset|model|connection|gateway|capacity|pool|eventhouse|eventstream|report|folder|domain|principal|tenant|cluster|endpoint|databasename)(?:_?ids?)?$/i;
/** The key before a value, also in a JSON text inside of another one, and in the lines of other languages. */
const KEY_BEFORE = /([A-Za-z_]\w*)\\*["']?\s*[:=]\s*[[{]?\s*\\*["']?$/;
/** Addresses that hold ids of objects. */
const ADDRESS = /fabric\.microsoft\.com|powerbi\.com|powerbi:\/\/|abfss?:\/\//i;

/** Ids in a file that Git integration would not have written. @param logicalIds of the items that the file may name */
export function keptIds({ path, text }: TextFile, logicalIds: ReadonlySet<string>): KeptId[] {
  if (path === ".platform") return [];
  return idsIn(text).flatMap(({ id, position }) => {
    if (id === ZERO_ID || logicalIds.has(id)) return [];
    const before = text.slice(Math.max(text.lastIndexOf("\n", position) + 1, position - 500), position);
    const key = KEY_BEFORE.exec(before)?.[1];
    const isOfObject = key !== undefined ? OBJECT_KEY.test(key) : false;
    return [{ id, position, isOfObject: isOfObject || ADDRESS.test(before) }];
  });
}
