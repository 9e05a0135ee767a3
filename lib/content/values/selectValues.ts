import { closestName } from "../../config/closestName.ts";
import { canMatchBelow } from "./filePattern.ts";
import type { ValueProblem } from "./place.ts";
import { valueFor } from "./rule.ts";
import type { Filters, FindRule, KeyRule, Rule, Rules } from "./rule.ts";
import type { KeyedValue, TextValue, Value } from "./value.ts";

/** An item, as far as rules can ask for it. */
export interface ItemOfRules {
  /** Type in the service's spelling. */
  readonly type: string;
  /** Name of the item in Fabric. */
  readonly displayName: string;
  /** The item's folder relative to the repository folder, with `/`; empty if it is the repository folder itself. */
  readonly path: string;
}

/** A value for an item, and the rule that it comes from. Only the value belongs into a resource's inputs. */
export interface SelectedValue {
  /** What to apply. */
  readonly value: Value;
  /** For messages, and to count what it changed. */
  readonly rule: FindRule | KeyRule;
}

/**
 * The values of an environment for one item, in the order in which they have to be applied: those found by key first, as in
 * fabric-cicd, then those found as text, each kind in the order of the file.
 */
export function selectValues(rules: Rules, environment: string, item: ItemOfRules): SelectedValue[] {
  return [...rules.keys, ...rules.find].flatMap((rule) => {
    if (!isForItem(rule, item)) return [];
    const files = rule.files?.filter((pattern) => canMatchBelow(pattern, item.path));
    // an empty list of files means that none of them is the item's
    if (rule.files && files?.length === 0) return [];
    const value = valueOf(rule, environment, files);
    return value ? [{ rule, value }] : [];
  });
}

/** Whether a rule is for an item, by the item's type and name. */
export function isForItem(rule: Filters, item: Pick<ItemOfRules, "type" | "displayName">): boolean {
  return (rule.itemTypes?.includes(item.type) ?? true) && (rule.itemNames?.includes(item.displayName) ?? true);
}

function valueOf(
  rule: FindRule | KeyRule,
  environment: string,
  files: readonly string[] | undefined,
): Value | undefined {
  const inFiles = files && { files };
  if (rule.kind === "key_value_replace") {
    const to = valueFor(rule.to, environment);
    return to === undefined ? undefined : ({ key: rule.key, ...inFiles, to } satisfies KeyedValue);
  }
  const to = valueFor(rule.to, environment);
  if (to === undefined) return undefined;
  const { find, isRegex, ignoreCase } = rule;
  return {
    find,
    ...(isRegex && { regex: true }),
    ...(ignoreCase && { ignoreCase: true }),
    ...inFiles,
    to,
  } satisfies TextValue;
}

/** Warnings for all rules that have no value for an environment, so that they change nothing there. */
export function rulesWithoutValue(rules: Rules, environment: string): ValueProblem[] {
  const all: readonly Rule[] = [...rules.find, ...rules.keys, ...rules.pools, ...rules.bindings];
  return all.flatMap((rule) => {
    const values: ReadonlyMap<string, unknown> = rule.to;
    if (valueFor(values, environment) !== undefined) return [];
    const meant = [...values.keys()].find((name) => name.toLowerCase() === environment.toLowerCase());
    const close = meant ?? closestName(environment, [...values.keys()]);
    const hint = close === undefined ? "" : `; did you mean ${close}?`;
    return [{ ...rule.place, message: `no value for environment ${environment}${hint}` }];
  });
}

/**
 * Warnings for all rules that have a value for an environment, and changed nothing.
 * @param used rules that changed something in any item
 */
export function rulesWithoutEffect(rules: Rules, environment: string, used: ReadonlySet<Rule>): ValueProblem[] {
  return [...rules.find, ...rules.keys].flatMap((rule) => {
    if (used.has(rule) || valueFor<unknown>(rule.to, environment) === undefined) return [];
    return [{ ...rule.place, message: `matched nothing in any item${limits(rule)}` }];
  });
}

function limits({ itemTypes, itemNames, files }: Filters): string {
  const named = [itemTypes && "item_type", itemNames && "item_name", files && "file_path"].filter(
    (name) => name !== undefined,
  );
  return named.length === 0 ? "" : ` that its ${named.join(", ")} allow${named.length === 1 ? "s" : ""}`;
}
