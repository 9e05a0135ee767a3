import { replaceKeys } from "./replaceKeys.ts";
import { valueFor } from "./rule.ts";
import type { Rules, SparkPool } from "./rule.ts";
import { isForItem } from "./selectValues.ts";
import type { ItemOfRules } from "./selectValues.ts";
import { yamlTree } from "./tree.ts";

/** A pool of the source, and the pool of the target that takes its place. Plain JSON. */
export interface PoolReplacement {
  /** Id of the pool in the source. */
  readonly instancePoolId: string;
  /** The pool of the target. */
  readonly pool: SparkPool;
}

/** Path of the file that names an Environment's pool. */
export const SPARK_COMPUTE = "Setting/Sparkcompute.yml";

/** The pools of an environment for one item, in the order of the file; empty for items that are no Environment. */
export function sparkPools(
  rules: Rules,
  environment: string,
  item: Pick<ItemOfRules, "type" | "displayName">,
): PoolReplacement[] {
  if (item.type !== "Environment") return [];
  return rules.pools.flatMap((rule) => {
    const pool = valueFor(rule.to, environment);
    return pool && isForItem(rule, item) ? [{ instancePoolId: rule.instancePoolId, pool }] : [];
  });
}

/** The pool that takes the place of the one in a text of {@link SPARK_COMPUTE}; undefined if it stays. */
export function sparkPoolOf(text: string, pools: readonly PoolReplacement[]): SparkPool | undefined {
  const id = yamlTree(text)?.members?.get("instance_pool_id")?.value;
  return pools.find(({ instancePoolId }) => String(id).toLowerCase() === instancePoolId.toLowerCase())?.pool;
}

/**
 * A text of {@link SPARK_COMPUTE} with another pool.
 * @param poolId id of the pool at the target, or a placeholder for it
 */
export function withSparkPool(text: string, poolId: string): string {
  return replaceKeys(text, "$.instance_pool_id", poolId).text;
}
