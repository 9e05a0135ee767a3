import type { DefinitionPart } from "../api/itemDefinition.ts";
import { formatOf } from "./contentRules.ts";
import type { TextFile } from "./contentRules.ts";
import { namesDatabases, withClusterUris } from "./clusterUris.ts";
import { replaceIds, replaceWorkspaceId } from "./gitIds.ts";
import { REPORT_FILE, modelPathIn, withModelId } from "./modelOfReport.ts";
import { isSentAsItIs, uriKey, workspaceKey } from "./reference.ts";
import { withTexts } from "./textFiles.ts";

/** A definition as the service wants it. */
export interface ResolvedDefinition {
  readonly format?: string | undefined;
  readonly parts: readonly DefinitionPart[];
}

/** What the content of an item refers to, and what that is at the service. */
export interface Surroundings {
  readonly type: string;
  readonly workspaceId: string;
  /** Ids and addresses by the key of their reference ({@link Reference}). */
  readonly references: Readonly<Record<string, string>>;
}

/**
 * Turns the files of an item's folder into what the service wants: ids instead of logical ids, the workspace's id instead of
 * zeros, a model by its id instead of its folder, and the format by name. Pure.
 */
export function resolvedDefinition(parts: readonly DefinitionPart[], surroundings: Surroundings): ResolvedDefinition {
  const format = formatOf(
    surroundings.type,
    parts.map(({ path }) => path),
  );
  return {
    ...(format !== undefined && { format }),
    parts: withTexts(parts, (file) => resolvedText(file, surroundings)),
  };
}

/** The text of one file as the service wants it. */
export function resolvedText({ path, text }: TextFile, { type, workspaceId, references }: Surroundings): string {
  if (isSentAsItIs(type, path)) return text;
  const model = path === REPORT_FILE ? references[modelPathIn(text) ?? ""] : undefined;
  const withModel = model === undefined ? text : withModelId(text, model);
  const withUris = namesDatabases(path)
    ? withClusterUris(withModel, (database) => references[uriKey(database)])
    : withModel;
  // before the ids, by which the workspace of another item is found
  const withWorkspaces = replaceWorkspaceId(
    { path, text: withUris },
    workspaceId,
    (id) => references[workspaceKey(id)],
  );
  return replaceIds(withWorkspaces, (id) => references[id]);
}
