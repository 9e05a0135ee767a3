import { idsIn } from "../../content/gitIds.ts";
import { environmentValue, environmentVersion } from "../../content/environmentValues.ts";
import type { Variables } from "../../content/environmentValues.ts";
import { referenceText, soughtIn } from "../../content/itemValues.ts";
import type { ContentItem } from "../../content/contentItem.ts";
import type { GivenByValues } from "../../content/knownItems.ts";
import type { TextFile } from "../../content/contentRules.ts";
import { applyValues } from "../../content/values/applyValues.ts";
import { dynamicText } from "../../content/values/dynamicText.ts";
import { dynamicReferencesIn } from "../../content/values/dynamicReferences.ts";
import { matchesFile } from "../../content/values/filePattern.ts";
import { connectionsOf, modelBindings } from "../../content/values/modelBindings.ts";
import { foreignIds } from "../../content/values/foreignIds.ts";
import { problemText } from "../../content/values/place.ts";
import type { DynamicReference } from "../../content/values/reference.ts";
import { valueFor } from "../../content/values/rule.ts";
import type { Rule } from "../../content/values/rule.ts";
import { selectValues } from "../../content/values/selectValues.ts";
import { SPARK_COMPUTE, sparkPoolOf, sparkPools } from "../../content/values/sparkPools.ts";
import type { SparkPool } from "../../content/values/rule.ts";
import type { Value } from "../../content/values/value.ts";
import type { Position, Surroundings } from "./itemPosition.ts";
import type { ItemReference } from "./item.ts";
import { closestName } from "../closestName.ts";
import type { ResolvedEntry } from "./resolvedEntry.ts";

/** An item's files with the values of an environment. */
export interface ValuedFiles {
  readonly files: readonly TextFile[];
  /** The values that change the item, each with the names of the item's files instead of patterns. */
  readonly values: readonly Value[];
  /** The rules that they come from. */
  readonly used: readonly Rule[];
  /** Salted hashes of the environment variables that the values take; absent if they take none. */
  readonly variables?: Variables | undefined;
}

/** Puts the values of an environment into an item's files; what is not known yet stays as the rule spells it. */
export function valuedFiles(
  { entry, item }: Position,
  { files, type, displayName }: ContentItem,
  { environment, env }: { readonly environment: string; readonly env: NodeJS.ProcessEnv },
  report: (message: string) => void,
): ValuedFiles {
  const rules = entry.rules?.rules;
  const folder = item.relative;
  if (!rules || folder === undefined) return { files, values: [], used: [] };
  const selected = selectValues(rules, environment, { type, displayName, path: folder }).map(({ value, rule }) => ({
    rule,
    value: ofFiles(value, folder, files),
  }));
  const isUsable = selected.filter(({ value, rule }) => {
    const unset = variablesOf([value]).filter((name) => environmentValue(name, env) === undefined);
    for (const name of unset)
      report(problemText({ ...rule.place, message: `takes the environment variable ${name}, which is not set` }));
    return unset.length === 0;
  });
  const values = isUsable.map(({ value }) => value);
  // what the service says is put in, and looked for, when the item is sent
  const sought = soughtIn((name) => environmentValue(name, env), {});
  const applied = applyValues("", files, values, { placeholder: referenceText, sought });
  for (const { value, message, file } of applied.problems) {
    const rule = isUsable[value]?.rule;
    if (rule) report(problemText({ ...rule.place, message: `${item.path}/${file}: ${message}` }));
  }
  const mayHoldIds = files.some(({ path, text }) => path !== ".platform" && idsIn(text).length > 0);
  const changing = isUsable.filter(
    ({ value }, index) => (applied.places[index] ?? 0) > 0 || (mayHoldIds && isLookedFor(value)),
  );
  const names = variablesOf(changing.map(({ value }) => value));
  return {
    ...(names.length > 0 && {
      variables: Object.fromEntries(names.map((name) => [name, environmentVersion(name, env) ?? ""])),
    }),
    files: applied.files,
    values: changing.map(({ value }) => value),
    used: changing.map(({ rule }) => rule),
  };
}

/** Whether only the service knows what the value looks for. */
const isLookedFor = (value: Value): boolean =>
  dynamicReferencesIn([value]).toFind.some(({ kind }) => kind !== "environment variable");

/** Names of the environment variables that values take. */
function variablesOf(values: readonly Value[]): string[] {
  const { toPutIn, toFind } = dynamicReferencesIn(values);
  return [
    ...new Set([...toPutIn, ...toFind].flatMap((one) => (one.kind === "environment variable" ? [one.name] : []))),
  ];
}

/** The Spark pool that takes the place of the one in an environment's files. */
export function sparkPoolFor({ rules }: ResolvedEntry, item: ContentItem, environment: string): SparkPool | undefined {
  const compute = item.files.find(({ path }) => path === SPARK_COMPUTE);
  return rules && compute && sparkPoolOf(compute.text, sparkPools(rules.rules, environment, item));
}

/** The rule by which an entry's items need a reference: `items/parameter.yml:2 find_replace[0]: `, or nothing if none is found. */
export function ruleNeeding({ rules }: ResolvedEntry, environment: string, key: string): string {
  const { keys = [], find = [] } = rules?.rules ?? {};
  const rule = [...keys, ...find].find((rule) => {
    const to = valueFor<unknown>(rule.to, environment);
    const texts = [to, "find" in rule && !rule.isRegex ? rule.find : undefined].filter(
      (text) => typeof text === "string",
    );
    return texts.flatMap(dynamicText).some((part) => typeof part !== "string" && referenceText(part) === key);
  });
  return rule ? problemText({ ...rule.place, message: "" }) : "";
}

/** Ids of the connections that a semantic model is bound to. */
export const connectionsFor = (
  { rules }: ResolvedEntry,
  { type, displayName }: ContentItem,
  environment: string,
): readonly string[] =>
  rules && type === "SemanticModel" ? connectionsOf(modelBindings(rules.rules, environment), displayName) : [];

/** A value with the files of the item that its patterns mean. */
function ofFiles(value: Value, folder: string, files: readonly TextFile[]): Value {
  const { files: patterns } = value;
  if (!patterns) return value;
  const meant = files
    .map(({ path }) => path)
    .filter((path) => patterns.some((one) => matchesFile(one, `${folder}/${path}`)));
  return { ...value, files: meant };
}

/** What values put into files. */
export function givenBy(values: readonly Value[]): GivenByValues {
  const texts = values.map(({ to }) => (typeof to === "string" ? to : JSON.stringify(to)));
  return {
    ids: new Set(texts.flatMap((text) => idsIn(text).map(({ id }) => id))),
    isGiven: (text) => texts.some((given) => given !== "" && (text.includes(given) || given.includes(text))),
  };
}

/**
 * The references of an item's values to other objects of the stack.
 * @param miss receives what the stack does not declare, and the name that was probably meant
 */
export function referencesOfValues(
  values: readonly Value[],
  { workspace }: Position,
  { workspaces, all, references }: Surroundings,
  miss: (key: string, meant: string | undefined) => void,
): ItemReference[] {
  if (values.length === 0) return [];
  const { toPutIn, toFind } = dynamicReferencesIn(values);
  return [...toPutIn, ...toFind].flatMap((reference): ItemReference[] => {
    if (reference.kind === "environment variable") return [];
    const key = referenceText(reference);
    const found = targetOf(reference) ?? namedTarget(reference);
    if (found) return [{ key, ...found }];
    miss(key, meantBy(reference));
    return [];
  });

  function meantBy(reference: DynamicReference): string | undefined {
    if (reference.kind === "environment variable") return undefined;
    const { kind, name = "" } = reference;
    if (kind === "workspace")
      return closestName(
        name,
        workspaces.map(({ displayName }) => displayName),
      );
    const place = reference.workspace === undefined ? workspace : workspaceNamed(reference.workspace);
    const names = all.flatMap((one) =>
      one.workspace === place && one.item.type === reference.type ? (one.item.displayName ?? []) : [],
    );
    return closestName(name, names);
  }

  function targetOf(reference: DynamicReference): Omit<ItemReference, "key"> | undefined {
    if (reference.kind === "environment variable") return undefined;
    const name = reference.kind === "item" ? reference.workspace : reference.name;
    const place = name === undefined ? workspace : workspaceNamed(name);
    if (place < 0) return undefined;
    if (reference.kind === "workspace") return { workspace: place, attribute: reference.attribute };
    const target = all.find(
      (one) =>
        one.workspace === place &&
        one.item.type === reference.type &&
        one.item.displayName?.toLowerCase() === reference.name.toLowerCase(),
    );
    return target && { workspace: place, item: target.index, attribute: reference.attribute };
  }

  /** An object of somebody else, which the stack's references name. */
  function namedTarget(reference: DynamicReference): Omit<ItemReference, "key"> | undefined {
    if (reference.kind === "environment variable" || reference.attribute !== "id") return undefined;
    const isItem = reference.kind === "item";
    const workspace = isItem ? reference.workspace : reference.name;
    const entry = references.find(
      (one) =>
        workspace !== undefined &&
        one["workspace"] === workspace &&
        one["item"] === (isItem ? reference.name : undefined) &&
        (!isItem || one["type"] === undefined || one["type"] === reference.type),
    );
    const name = entry && entry["name"];
    if (typeof name !== "string") return undefined;
    return { workspace: -1, named: { what: isItem ? "item" : "workspace", name }, attribute: "id" };
  }

  /** Rules name workspaces as Fabric does; the key of the configuration stays the same in every environment. */
  function workspaceNamed(name: string): number {
    const byDisplayName = workspaces.findIndex(({ displayName }) => displayName === name);
    return byDisplayName >= 0 ? byDisplayName : workspaces.findIndex(({ name: key }) => key === name);
  }
}

/** Ids that a warning names. */
const MAX_IDS = 5;

/**
 * Ids that several items have, and that neither logical ids nor values explain: most often they belong to another environment.
 * @param items items of folders with rules, with their values applied
 */
export function foreignIdsIn(items: ReadonlyMap<ContentItem, Position>, values: Iterable<readonly Value[]>): string[] {
  const withRules = [...items].filter(([, { entry }]) => entry.rules).map(([content]) => content);
  // an id that stands in several files of one item is the item's own
  const texts = withRules.map(({ path, files }) => ({ path, text: files.map(({ text }) => text).join("\n") }));
  const known = [...items.keys()].map(({ logicalId }) => logicalId ?? "");
  const given = [...values].flatMap((list) => idsIn(JSON.stringify(list)).map(({ id }) => id));
  const { ids, more } = foreignIds(texts, [...known, ...given]);
  const warnings = ids.slice(0, MAX_IDS).map(({ id, files, count }) => {
    const others = count > 1 ? ` and ${count - 1} more` : "";
    return `${id} stands in ${files[0]}${others}. If it belongs to another environment, replace it by a rule.`;
  });
  const rest = ids.length - warnings.length + more;
  return rest > 0 ? [...warnings, `${rest} more ids stand in several items and are not replaced.`] : warnings;
}
