import type { ContentItem } from "../../content/contentItem.ts";
import { canMatchBelow, matchesFile } from "../../content/values/filePattern.ts";
import { problemText } from "../../content/values/place.ts";
import type { ValueProblem } from "../../content/values/place.ts";
import { valueFor } from "../../content/values/rule.ts";
import type { PoolRule, Rule, Rules } from "../../content/values/rule.ts";
import { isForItem, rulesWithoutEffect, rulesWithoutValue } from "../../content/values/selectValues.ts";
import { SPARK_COMPUTE, sparkPoolOf } from "../../content/values/sparkPools.ts";
import { closestName } from "../closestName.ts";
import type { Position } from "./itemPosition.ts";
import type { ResolvedItem } from "./item.ts";
import type { ResolvedEntries, ResolvedEntry } from "./resolvedEntry.ts";

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
  const usedPlaces = new Set([...use.used].map(keyOf));
  const holders = new Map<string, Held>();
  const warnings = entries.flatMap((entry) => {
    if (!entry.rules) return [];
    const { rules, warnings: ofFile } = entry.rules;
    const all = allOf(rules);
    for (const rule of all) {
      const held = holders.get(keyOf(rule));
      if (held) held.entries.push(entry);
      else holders.set(keyOf(rule), { rule, entries: [entry] });
    }
    const used = new Set(all.filter((rule) => usedPlaces.has(keyOf(rule))));
    return [
      ...ofFile,
      ...folded(rulesWithoutValue(rules, environment).map(problemText), environment),
      ...rulesWithoutEffect(rules, environment, used).map(problemText),
    ];
  });
  const ofNothing = [...holders].flatMap(([key, held]) => namesOfNothing(held, usedPlaces.has(key), use));
  return [...new Set([...warnings, ...ofNothing.map(problemText)])];
}

/** A rule, and the entries whose items it is for. */
interface Held {
  readonly rule: Rule;
  readonly entries: ResolvedEntry[];
}

const allOf = ({ find, keys, pools, bindings }: Rules): readonly Rule[] => [...find, ...keys, ...pools, ...bindings];

/** The same for all entries that read the rule from one file. */
const keyOf = ({ place: { file, path } }: Rule) => `${file ?? ""}:${path}`;

/** Rules without a value that are named one by one. */
const MAX_RULES = 3;

/** One line instead of many: a file may know nothing of an environment. */
const folded = (lines: readonly string[], environment: string): readonly string[] =>
  lines.length <= MAX_RULES
    ? lines
    : [`${lines[0]}; so have ${lines.length - 1} more rules. fabric:environment is ${environment}.`];

/** What a rule names, and no item has. A rule that changed no text is told as a whole. */
function namesOfNothing({ rule, entries }: Held, isUsed: boolean, { items, environment }: RuleUse): ValueProblem[] {
  if (valueFor<unknown>(rule.to, environment) === undefined) return [];
  switch (rule.kind) {
    case "find_replace":
    case "key_value_replace":
      return isUsed ? [...unknownNames(rule.itemNames, "in its item_name"), ...unknownFiles(rule.files)] : [];
    case "spark_pool":
      return isPoolUsed(rule) ? [] : [problem(`matched nothing in any Environment${limits(rule)}`)];
    case "semantic_model_binding":
      return unknownNames(rule.models, "as a semantic model", ({ type }) => type === "SemanticModel");
  }

  function problem(message: string): ValueProblem {
    return { ...rule.place, message };
  }

  function unknownNames(
    names: readonly string[] = [],
    how: string,
    isMeant: (item: ResolvedItem) => boolean = () => true,
  ): ValueProblem[] {
    const known = new Set(
      entries.flatMap(({ items, left }) =>
        [...items, ...left].filter(isMeant).flatMap(({ displayName }) => displayName ?? []),
      ),
    );
    return names
      .filter((name) => !known.has(name))
      .map((name) => {
        const meant = closestName(name, [...known]);
        return problem(`names ${name} ${how}, which is no item here${meant ? `; did you mean ${meant}?` : ""}`);
      });
  }

  function unknownFiles(patterns: readonly string[] = []): ValueProblem[] {
    if (patterns.length === 0) return [];
    const paths = ofHolders().flatMap(([{ files }, { item }]) => files.map(({ path }) => `${item.relative}/${path}`));
    const left = entries.flatMap((entry) => entry.left.flatMap(({ relative }) => relative ?? []));
    return patterns
      .filter((pattern) => !paths.some((path) => matchesFile(pattern, path)))
      .filter((pattern) => !left.some((folder) => canMatchBelow(pattern, folder)))
      .map((pattern) => problem(`names ${pattern} in its file_path, which is no file of an item here`));
  }

  function isPoolUsed({ instancePoolId, ...filters }: PoolRule): boolean {
    const pool = { type: "Workspace", name: "" } as const;
    return ofHolders().some(([item]) => {
      const text = item.files.find(({ path }) => path === SPARK_COMPUTE)?.text;
      return (
        item.type === "Environment" &&
        text !== undefined &&
        isForItem(filters, item) &&
        sparkPoolOf(text, [{ instancePoolId, pool }]) !== undefined
      );
    });
  }

  function ofHolders(): (readonly [ContentItem, Position])[] {
    return [...items].filter(([, { entry }]) => entries.includes(entry));
  }
}

const limits = ({ itemNames }: PoolRule) => (itemNames ? " that its item_name allows" : "");
