import type { ContentItem } from "../content/references.ts";
import { canMatchBelow, matchesFile } from "../content/values/filePattern.ts";
import { problemText } from "../content/values/place.ts";
import type { Place, ValueProblem } from "../content/values/place.ts";
import { valueFor } from "../content/values/rule.ts";
import type { BindingRule, Filters, PoolRule, Rule, Rules } from "../content/values/rule.ts";
import { isForItem, rulesWithoutEffect, rulesWithoutValue } from "../content/values/selectValues.ts";
import { SPARK_COMPUTE, sparkPoolOf } from "../content/values/sparkPools.ts";
import { closestName } from "./closestName.ts";
import type { Position } from "./content.ts";
import type { ResolvedItem } from "./item.ts";
import type { ResolvedEntries, ResolvedEntry } from "./rules.ts";

/* Rules that are allowed, and probably do not do what was meant. A file of rules may be that of several entries. */

/** What rules are judged by. */
export interface RuleUse {
  readonly workspaces: readonly ResolvedEntries[];
  /** The deployed items, with the files that rules have changed. */
  readonly items: ReadonlyMap<ContentItem, Position>;
  /** Rules that changed something. */
  readonly used: ReadonlySet<Rule>;
  readonly environment: string;
}

/**
 * Rules that say nothing about the environment, that changed nothing, or that name what there is not; each is told once, and only
 * if that is so for every entry with these rules.
 */
export function ruleWarnings(use: RuleUse): string[] {
  const { workspaces, environment } = use;
  const entries = workspaces.flatMap(({ entries }) => entries.filter(({ rules }) => rules));
  const usedPlaces = new Set([...use.used].map(({ place }) => keyOf(place)));
  const told = entries.flatMap(({ rules: found }) => {
    if (!found) return [];
    const { rules } = found;
    const used = new Set(allOf(rules).filter(({ place }) => usedPlaces.has(keyOf(place))));
    return [
      ...found.warnings,
      ...folded(rulesWithoutValue(rules, environment).map(problemText), environment),
      ...rulesWithoutEffect(rules, environment, used).map(problemText),
      ...namesOfNothing(rules, entries, used, use).map(problemText),
    ];
  });
  return [...new Set(told)];
}

const allOf = ({ find, keys, pools, bindings }: Rules): readonly Rule[] => [...find, ...keys, ...pools, ...bindings];

const keyOf = ({ file, path }: Place) => `${file ?? ""}:${path}`;

/** Rules without a value that are named one by one. */
const MAX_RULES = 3;

/** One line instead of many: a file may know nothing of an environment. */
const folded = (lines: readonly string[], environment: string): readonly string[] =>
  lines.length <= MAX_RULES
    ? lines
    : [`${lines[0]}; so have ${lines.length - 1} more rules. fabric:environment is ${environment}.`];

/** Names in rules that no item has, and pools that no environment has. */
function namesOfNothing(
  { find, keys, pools, bindings }: Rules,
  entries: readonly ResolvedEntry[],
  used: ReadonlySet<Rule>,
  { items, environment }: RuleUse,
): ValueProblem[] {
  const hasValue = ({ to }: PoolRule | BindingRule) => valueFor<unknown>(to, environment) !== undefined;
  const withSame = (rule: Rule) =>
    entries.filter(({ rules }) => rules && allOf(rules.rules).some(({ place }) => keyOf(place) === keyOf(rule.place)));
  const namesOf = (rule: Rule, isMeant: (item: ResolvedItem) => boolean = () => true) =>
    withSame(rule).flatMap(({ items, left }) =>
      [...items, ...left].filter(isMeant).flatMap(({ displayName }) => displayName ?? []),
    );

  // a rule that changed nothing is told as a whole
  const ofFilters = [...find, ...keys].flatMap((rule) =>
    used.has(rule) ? [...unknownNames(rule, namesOf(rule)), ...unknownFiles(rule)] : [],
  );
  const ofPools = pools.flatMap((rule) => {
    if (!hasValue(rule) || isPoolUsed(rule)) return [];
    return [
      {
        ...rule.place,
        message: `matched nothing in any Environment${rule.itemNames ? " that its item_name allows" : ""}`,
      },
    ];
  });
  const ofBindings = bindings.flatMap((rule) => {
    if (!hasValue(rule)) return [];
    const known = namesOf(rule, ({ type }) => type === "SemanticModel");
    return (rule.models ?? []).flatMap((name) => unknown(rule, `names the semantic model ${name}`, name, known));
  });
  return [...ofFilters, ...ofPools, ...ofBindings];

  function unknownNames(rule: Filters & Rule, known: readonly string[]): ValueProblem[] {
    return (rule.itemNames ?? []).flatMap((name) => unknown(rule, `names ${name} in its item_name`, name, known));
  }

  function unknown(rule: Rule, what: string, name: string, known: readonly string[]): ValueProblem[] {
    if (known.includes(name)) return [];
    const meant = closestName(name, known);
    return [{ ...rule.place, message: `${what}, which is no item here${meant ? `; did you mean ${meant}?` : ""}` }];
  }

  function unknownFiles(rule: Filters & Rule): ValueProblem[] {
    const holders = new Set(withSame(rule));
    const paths = [...items].flatMap(([{ files }, { entry, item }]) =>
      holders.has(entry) ? files.map(({ path }) => `${item.relative}/${path}`) : [],
    );
    const left = [...holders].flatMap((entry) => entry.left.flatMap(({ relative }) => relative ?? []));
    return (rule.files ?? []).flatMap((pattern) => {
      const isThere = paths.some((path) => matchesFile(pattern, path));
      if (isThere || left.some((folder) => canMatchBelow(pattern, folder))) return [];
      return [{ ...rule.place, message: `names ${pattern} in its file_path, which is no file of an item here` }];
    });
  }

  function isPoolUsed(rule: PoolRule): boolean {
    const holders = new Set(withSame(rule));
    return [...items].some(([item, { entry }]) => {
      const text = item.files.find(({ path }) => path === SPARK_COMPUTE)?.text;
      if (text === undefined || item.type !== "Environment" || !holders.has(entry) || !isForItem(rule, item))
        return false;
      const pool = { type: "Workspace", name: "" } as const;
      return sparkPoolOf(text, [{ instancePoolId: rule.instancePoolId, pool }]) !== undefined;
    });
  }
}
