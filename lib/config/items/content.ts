import { createRequire } from "node:module";
import { join } from "node:path";
import { placeInPlatform, readDefinitionParts } from "../../api/itemDefinition.ts";
import { hasDefinition } from "../../api/itemType.ts";
import { messageOf } from "../../api/messageOf.ts";
import { circlesOf } from "../../content/circles.ts";
import type { CircleStep } from "../../content/circles.ts";
import type { ContentItem } from "../../content/contentItem.ts";
import { contentFaults } from "../../content/contentFaults.ts";
import { isId } from "../../content/gitIds.ts";
import { findReferences } from "../../content/references.ts";
import { textFiles } from "../../content/textFiles.ts";
import type { Rule } from "../../content/values/rule.ts";
import type { Entry } from "../entries.ts";
import type { ItemContent, ItemReference, ResolvedItem } from "./item.ts";
import type { Position, Surroundings } from "./itemPosition.ts";
import { problemAt } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { ResolvedEntries } from "./resolvedEntry.ts";
import type * as RuleWarnings from "./ruleWarnings.ts";
import type * as Values from "./valuesOfItems.ts";

/** Loaded for the first rules: most stacks have none. */
const valuesModule = () => createRequire(import.meta.url)("./valuesOfItems.ts") as typeof Values;
const ruleWarningsModule = () => createRequire(import.meta.url)("./ruleWarnings.ts") as typeof RuleWarnings;

/** What the content of items needs to be judged. */
export interface ContentContext {
  readonly projectRoot: string;
  /** Name of the environment, for values. */
  readonly environment: string;
  /** Environment of the user, for `$ENV:`. */
  readonly env: NodeJS.ProcessEnv;
  /** Entries of `fabric:references`, for values. */
  readonly references: readonly Entry[];
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
  const report: Report = ({ entry: { at }, item: { isOfFolder } }, message) =>
    void context.problems.push(problemAt([...at, isOfFolder ? "from" : "path"], message));
  const additions = new Map<ResolvedItem, ItemContent>();
  const add = (item: ResolvedItem, more: ItemContent) => void additions.set(item, { ...additions.get(item), ...more });

  const used = new Set<Rule>();
  const warnings: string[] = [];
  const positions = new Map<ContentItem, Position>();
  for (const position of all) {
    const content = contentOf(position, context.projectRoot, (message) => report(position, message));
    if (!content) continue;
    const valued = withValuesOf(content, position, context, report);
    add(position.item, { ...valued.additions, ...valueSetOf(valued.content, position.item, context) });
    warnings.push(...warningsOf(valued.content, position.item, context));
    for (const rule of valued.used) used.add(rule);
    positions.set(valued.content, position);
  }
  const surroundings = { workspaces, all, references: context.references };
  const found = referencesIn(positions, surroundings, { additions, report, environment: context.environment });
  for (const [item, references] of found.references) add(item, { references });

  const hasRules = workspaces.some(({ entries }) => entries.some(({ rules }) => rules));
  const allValues = [...additions.values()].flatMap(({ values: own }) => (own ? [own] : []));
  return {
    items: workspaces.map(({ entries }) =>
      entries.map(({ items }) => items.map((item) => ({ ...item, content: additions.get(item) }))),
    ),
    warnings: [
      ...warnings,
      ...found.warnings,
      ...(hasRules
        ? ruleWarningsModule().ruleWarnings({ workspaces, items: positions, used, environment: context.environment })
        : []),
      ...(hasRules ? valuesModule().foreignIdsIn(positions, allValues) : []),
    ],
  };
}

type Report = (position: Position, message: string) => void;

/** An item's content with the values of its entry's rules. */
function withValuesOf(
  content: ContentItem,
  position: Position,
  { environment, env }: ContentContext,
  report: Report,
): { readonly content: ContentItem; readonly used: readonly Rule[]; readonly additions: ItemContent } {
  const { entry } = position;
  if (!entry.rules) return { content, used: [], additions: {} };
  const {
    files,
    used,
    values: own,
    variables,
  } = valuesModule().valuedFiles(position, content, { environment, env }, (message) => report(position, message));
  const valued = { ...content, files };
  const sparkPool = valuesModule().sparkPoolFor(entry, valued, environment);
  const connections = valuesModule().connectionsFor(entry, valued, environment);
  const additions = {
    ...(own.length > 0 && { values: own }),
    ...(variables && { variables }),
    ...(sparkPool && { sparkPool }),
    ...(connections.length > 0 && { connections }),
  };
  return { content: valued, used, additions };
}

/** Each environment has a value set of its name, if any. */
function valueSetOf(
  { type, files }: ContentItem,
  { isOfFolder }: ResolvedItem,
  { environment }: ContentContext,
): ItemContent {
  const isThere = files.some(({ path }) => path === `valueSets/${environment}.json`);
  return isOfFolder && type === "VariableLibrary" && isThere ? { activeValueSet: environment } : {};
}

/** What an item's folder is allowed to have, and what is probably not meant. */
function warningsOf(
  { type, path, files, logicalId }: ContentItem,
  { isOfFolder }: ResolvedItem,
  { environment, projectRoot }: ContentContext,
): string[] {
  if (!isOfFolder) return [];
  const set = `valueSets/${environment}.json`;
  const sets = type === "VariableLibrary" ? files.map(({ path }) => path) : [];
  const meant = sets.includes(set) ? undefined : sets.find((one) => one.toLowerCase() === set.toLowerCase());
  const place = () => placeInPlatform(projectRoot, path, ["config", "logicalId"]);
  return [
    ...(meant === undefined ? [] : [`${path}/${meant} is not made active: fabric:environment is ${environment}`]),
    ...(logicalId === undefined || isId(logicalId)
      ? []
      : [`${place()} has a logicalId that is no id, so that nothing can refer to the item`]),
  ];
}

/** What is known of the items' content. */
interface ContentState {
  readonly additions: ReadonlyMap<ResolvedItem, ItemContent>;
  readonly report: Report;
  readonly environment: string;
}

/** What values need, and the stack does not declare. */
interface Missing {
  readonly position: Position;
  readonly key: string;
  readonly meant: string | undefined;
}

/** What content refers to. */
interface FoundInContent {
  readonly references: readonly (readonly [ResolvedItem, readonly ItemReference[]])[];
  readonly warnings: readonly string[];
}

/** What the files and the values of all items refer to. Items that refer to nothing are left out. */
function referencesIn(
  positions: ReadonlyMap<ContentItem, Position>,
  surroundings: Surroundings,
  { additions, report, environment }: ContentState,
): FoundInContent {
  const { workspaces } = surroundings;
  const left = workspaces.flatMap(({ entries }, workspace) =>
    entries.flatMap((entry) => entry.left.flatMap((item) => withoutFiles(item, workspace) ?? [])),
  );
  // what a rule puts in is an id of the service, and no logical id
  const ownValues = [...additions.values()].flatMap(({ values: own }) => own ?? []);
  const given = ownValues.length === 0 ? undefined : valuesModule().givenBy(ownValues);
  const { references, problems, warnings } = findReferences([...positions.keys()], left, given);
  for (const { item, message } of problems) {
    const position = positions.get(item);
    if (position) report(position, message);
  }
  const missing: Missing[] = [];
  const found = [...positions].flatMap(([content, position]) => {
    const inFiles = (references.get(content) ?? []).flatMap(({ key, attribute, to }): ItemReference[] => {
      const target = positions.get(to);
      if (!target) return [];
      if (attribute === "workspaceId") return [{ key, attribute: "id", workspace: target.workspace }];
      return [{ key, attribute, workspace: target.workspace, item: target.index }];
    });
    const own = additions.get(position.item)?.values;
    const inValues = own
      ? valuesModule().referencesOfValues(
          own,
          position,
          surroundings,
          (key, meant) => void missing.push({ position, key, meant }),
        )
      : [];
    const all = [...inFiles, ...inValues];
    return all.length === 0 ? [] : [[position.item, all] as const];
  });
  // one rule may concern every item of a folder
  for (const [, [first, ...others]] of Map.groupBy(missing, ({ position, key }) => `${position.workspace} ${key}`)) {
    if (!first) continue;
    const need = others.length === 0 ? "needs" : `and ${others.length} more need`;
    const remedy = first.key.startsWith("$workspace.")
      ? "declare it, name it in fabric:references, or take the rule away"
      : "declare it, or take the rule away";
    report(
      first.position,
      valuesModule().ruleNeeding(first.position.entry, environment, first.key) +
        `${first.position.item.path} ${need} ${first.key}, which is nothing that this stack declares` +
        `${first.meant === undefined ? "" : ` (did you mean ${first.meant}?)`}: ${remedy}`,
    );
  }
  for (const { position, message } of circlesByRules(found, positions, environment)) report(position, message);
  return { references: found, warnings };
}

/** Items that refer to one another in a circle because of a rule; circles of their files alone are told before. */
function circlesByRules(
  found: FoundInContent["references"],
  positions: ReadonlyMap<ContentItem, Position>,
  environment: string,
): { readonly position: Position; readonly message: string }[] {
  const all = [...positions.values()];
  const keyOf = (workspace: number, index: number) => `${workspace}/${index}`;
  const byKey = new Map(all.map((position) => [keyOf(position.workspace, position.index), position]));
  const referencesOf = new Map(found);
  const circles = circlesOf(all, (position) =>
    (referencesOf.get(position.item) ?? []).flatMap(({ key, workspace, item }) => {
      const to = item === undefined ? undefined : byKey.get(keyOf(workspace, item));
      return to ? [{ key, to }] : [];
    }),
  );
  return circles.flatMap((circle) => {
    const byRule = circle.find(({ key }) => key.startsWith("$"));
    return byRule ? [{ position: byRule.from, message: messageOf(circle, byRule) }] : [];
  });

  function messageOf(circle: readonly CircleStep<Position>[], { from, key }: CircleStep<Position>): string {
    const titles = [...circle, ...circle.slice(0, 1)].map(({ from: { item } }) => `${item.type} '${item.displayName}'`);
    const rule = valuesModule().ruleNeeding(from.entry, environment, key);
    return `${rule}${from.item.path} refers to itself by others: ${titles.join(" -> ")}. Remove one of these references or rules.`;
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
    const texts = textFiles(parts);
    const files = { paths: parts.map(({ path }) => path), texts };
    if (item.isOfFolder) for (const message of contentFaults(known.type, known.path, files)) report(message);
    return { ...known, files: texts };
  } catch (error) {
    const message = messageOf(error);
    report(message.replaceAll(join(projectRoot, "/"), ""));
    return known;
  }
}
