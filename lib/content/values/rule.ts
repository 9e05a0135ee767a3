import type { Place } from "./place.ts";
import type { JsonValue } from "./value.ts";

/** Values by the name of the environment; {@link EVERY_ENVIRONMENT} is the only key if it is one. */
export type ByEnvironment<T> = ReadonlyMap<string, T>;

/** Key of a value for all environments. */
export const EVERY_ENVIRONMENT = "_ALL_";

/** The value for an environment; undefined if the rule says nothing about it. Names are compared with their case. */
export function valueFor<T>(values: ByEnvironment<T>, environment: string): T | undefined {
  return values.get(EVERY_ENVIRONMENT) ?? values.get(environment);
}

/** Items and files that a rule is for. What is absent does not limit the rule. */
export interface Filters {
  /** Types in the service's spelling. */
  readonly itemTypes?: readonly string[];
  /** Display names, with their case. */
  readonly itemNames?: readonly string[];
  /** Paths and patterns of files relative to the repository folder, with `/`, without a leading one. */
  readonly files?: readonly string[];
}

/** An entry of `find_replace`: text to find, literally or by a regular expression. */
export interface FindRule extends Filters {
  readonly kind: "find_replace";
  readonly place: Place;
  /** The text, or the regular expression as it is in Python. */
  readonly find: string;
  /** Whether `find` is a regular expression, whose only group is replaced. */
  readonly isRegex: boolean;
  /** Whether letters of both cases are equal. */
  readonly ignoreCase: boolean;
  /** Text to put in; it may be dynamic. */
  readonly to: ByEnvironment<string>;
}

/** An entry of `key_value_replace`: a value to find by the keys that lead to it, in JSON and YAML files. */
export interface KeyRule extends Filters {
  readonly kind: "key_value_replace";
  readonly place: Place;
  /** JSONPath as fabric-cicd understands it. */
  readonly key: string;
  /** What to put in; a text may be dynamic. */
  readonly to: ByEnvironment<JsonValue>;
}

/** A Spark pool of the target. */
export interface SparkPool {
  /** Where the pool belongs. */
  readonly type: "Capacity" | "Workspace";
  /** Name of the pool. */
  readonly name: string;
}

/** An entry of `spark_pool`: which pool of the target an Environment uses. */
export interface PoolRule extends Pick<Filters, "itemNames"> {
  readonly kind: "spark_pool";
  readonly place: Place;
  /** Id of the pool in the source. */
  readonly instancePoolId: string;
  /** The pool of the target. */
  readonly to: ByEnvironment<SparkPool>;
}

/** An entry of `semantic_model_binding`: the connections of semantic models. */
export interface BindingRule {
  readonly kind: "semantic_model_binding";
  readonly place: Place;
  /** Display names of the models; undefined for the default of all models that no other entry names. */
  readonly models?: readonly string[];
  /** Ids of connections, at least one. */
  readonly to: ByEnvironment<readonly string[]>;
}

/** A rule of any kind. */
export type Rule = FindRule | KeyRule | PoolRule | BindingRule;

/** All rules of a parameter file and its templates, each kind in the order of the files. */
export interface Rules {
  readonly find: readonly FindRule[];
  readonly keys: readonly KeyRule[];
  readonly pools: readonly PoolRule[];
  readonly bindings: readonly BindingRule[];
}
