import { createRequire } from "node:module";
import { join } from "node:path";
import { readDefinitionParts } from "../api/itemDefinition.ts";
import { hasDefinition } from "../api/itemType.ts";
import { missingContent } from "../content/contentRules.ts";
import { findReferences } from "../content/references.ts";
import type { ContentItem } from "../content/references.ts";
import type { NamedPool } from "../content/itemValues.ts";
import { textFiles } from "../content/textFiles.ts";
import type { Rule } from "../content/values/rule.ts";
import type { Value } from "../content/values/value.ts";
import type { ItemReference, ResolvedItem } from "./item.ts";
import { problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import type { ResolvedEntries, ResolvedEntry } from "./rules.ts";
import type * as Values from "./valuesOfItems.ts";

/** Loaded for the first rules: most stacks have none. */
const values = () => createRequire(import.meta.url)("./valuesOfItems.ts") as typeof Values;

/** An item of the configuration, with where it stands. */
export interface Position {
  /** Position of the workspace. */
  readonly workspace: number;
  /** Position in the workspace. */
  readonly index: number;
  readonly entry: ResolvedEntry;
  readonly item: ResolvedItem;
}

/** What the content of items needs to be judged. */
export interface ContentContext {
  readonly projectRoot: string;
  /** Name of the environment, for values. */
  readonly environment: string;
  /** Receives missing files, references to nothing, and values that cannot be put in. */
  readonly problems: Problem[];
}

/** The items with what their content needs, by position of workspace and entry. */
export interface ResolvedContent {
  readonly items: ResolvedItem[][][];
  readonly warnings: readonly string[];
}

/** Reads the content of all items, puts in the values of the environment, and adds what the items refer to. */
export function resolveContent(workspaces: readonly ResolvedEntries[], context: ContentContext): ResolvedContent {
  const all = workspaces.flatMap(({ entries }, workspace) =>
    entries
      .flatMap((entry) => entry.items.map((item) => ({ entry, item })))
      .map((position, index): Position => ({ ...position, workspace, index })),
  );
  const report = ({ entry: { at }, item: { isOfFolder } }: Position, message: string) =>
    void context.problems.push(problemAt([...at, isOfFolder ? "from" : "path"], message));

  const used = new Set<Rule>();
  const connections = new Map<ResolvedItem, readonly string[]>();
  const pools = new Map<ResolvedItem, NamedPool>();
  const valuesOf = new Map<ResolvedItem, readonly Value[]>();
  const positions = new Map<ContentItem, Position>();
  for (const position of all) {
    const content = contentOf(position, context.projectRoot, (message) => report(position, message));
    if (!content) continue;
    if (!position.entry.rules) {
      positions.set(content, position);
      continue;
    }
    const valued = values().valuedFiles(position, content, context.environment, (message) => report(position, message));
    for (const rule of valued.used) used.add(rule);
    if (valued.values.length > 0) valuesOf.set(position.item, valued.values);
    const pool = values().sparkPoolFor(position.entry, { ...content, files: valued.files }, context.environment);
    if (pool) pools.set(position.item, pool);
    const bound = values().connectionsFor(position.entry, content, context.environment);
    if (bound.length > 0) connections.set(position.item, bound);
    positions.set({ ...content, files: valued.files }, position);
  }
  const left = workspaces.flatMap(({ entries }, workspace) =>
    entries.flatMap((entry) => entry.left.flatMap((item) => withoutFiles(item, workspace) ?? [])),
  );

  const { references, problems: broken } = findReferences([...positions.keys()], left);
  for (const { item, message } of broken) {
    const position = positions.get(item);
    if (position) report(position, message);
  }
  const found = new Map<ResolvedItem, ItemReference[]>();
  for (const [content, position] of positions) {
    const inFiles = (references.get(content) ?? []).flatMap(({ key, attribute, to }): ItemReference[] => {
      const target = positions.get(to);
      return target ? [{ key, attribute, workspace: target.workspace, item: target.index }] : [];
    });
    const own = valuesOf.get(position.item);
    const ofValues = own
      ? values().referencesOfValues(own, position, { workspaces, all }, (message) => report(position, message))
      : [];
    if (inFiles.length + ofValues.length > 0) found.set(position.item, [...inFiles, ...ofValues]);
  }
  const valueSets = new Map([...positions].map(([content, { item }]) => [item, valueSetOf(content, item)]));
  const completed = (item: ResolvedItem): ResolvedItem => {
    const [itemReferences, itemValues, valueSet] = [found.get(item), valuesOf.get(item), valueSets.get(item)];
    const [sparkPool, bound] = [pools.get(item), connections.get(item)];
    if (!itemReferences && !itemValues && !valueSet && !sparkPool && !bound) return item;
    return {
      ...item,
      ...(sparkPool && { sparkPool }),
      ...(bound && { connections: bound }),
      ...(valueSet && { activeValueSet: valueSet }),
      ...(itemReferences && { references: itemReferences }),
      ...(itemValues && { values: itemValues }),
    };
  };
  return {
    items: workspaces.map(({ entries }) => entries.map(({ items }) => items.map(completed))),
    warnings: workspaces.some(({ entries }) => entries.some(({ rules }) => rules))
      ? [
          ...values().warningsOf(workspaces, used, context.environment),
          ...values().foreignIdsIn(positions, valuesOf.values()),
        ]
      : [],
  };

  /** Each environment has a value set of its name, if any. */
  function valueSetOf({ type, files }: ContentItem, { isOfFolder }: ResolvedItem): string | undefined {
    const isThere = files.some(({ path }) => path === `valueSets/${context.environment}.json`);
    return isOfFolder && type === "VariableLibrary" && isThere ? context.environment : undefined;
  }
}

function withoutFiles({ type, displayName, path, parent, logicalId }: ResolvedItem, workspace: number) {
  if (type === undefined || displayName === undefined || path === undefined) return undefined;
  return { workspace, type, displayName, path, parent, logicalId, files: [] };
}

function contentOf(
  { item, workspace }: Position,
  projectRoot: string,
  report: (message: string) => void,
): ContentItem | undefined {
  const known = withoutFiles(item, workspace);
  if (!known || !hasDefinition(known.type)) return known;
  try {
    const parts = readDefinitionParts(join(projectRoot, known.path));
    const missing = missingContent(
      known.type,
      parts.map(({ path }) => path),
    );
    if (item.isOfFolder && missing !== undefined)
      report(`${known.path} has no ${missing}, without which the service refuses it`);
    return { ...known, files: textFiles(parts) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    report(message.replaceAll(join(projectRoot, "/"), ""));
    return known;
  }
}
