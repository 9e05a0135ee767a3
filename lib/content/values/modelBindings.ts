import { valueFor } from "./rule.ts";
import type { Rules } from "./rule.ts";

/** Connections of semantic models in one environment. Plain JSON. */
export interface ModelBindings {
  /** Ids of the connections of every model that `models` does not name; absent if there is no default. */
  readonly default?: readonly string[];
  /** Ids of connections by the model's display name. */
  readonly models: Readonly<Record<string, readonly string[]>>;
}

/** The connections of semantic models for an environment. A model without a value for it has the default. */
export function modelBindings(rules: Rules, environment: string): ModelBindings {
  let standard: readonly string[] | undefined;
  const models: [string, readonly string[]][] = [];
  for (const rule of rules.bindings) {
    const connections = valueFor(rule.to, environment);
    if (!connections) continue;
    if (rule.models) models.push(...rule.models.map((name) => [name, connections] as [string, readonly string[]]));
    else standard = connections;
  }
  return { ...(standard && { default: standard }), models: Object.fromEntries(models) };
}

/** Ids of the connections of one model; empty if the rules say nothing about it. */
export function connectionsOf(bindings: ModelBindings, displayName: string): readonly string[] {
  return (
    (Object.hasOwn(bindings.models, displayName) ? bindings.models[displayName] : undefined) ?? bindings.default ?? []
  );
}
