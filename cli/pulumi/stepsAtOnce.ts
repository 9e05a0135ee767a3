import { QUOTA_WINDOW_MS, documentedQuotas } from "../../lib/api/quota.ts";

/** How long a step holds one of the engine's places: a create is answered after 3 to 8 s, and its operation ends soon after. */
const STEP_MS = 6_000;

/**
 * How many steps the engine may have under way: as many as it takes to use the service's quota, whatever the machine is.
 * Its own number is four for each core, and a step does next to nothing but wait; calls above the quota are held back by
 * the gate (`lib/api/throttle.ts`), not by a place that is missing. docs/benchmarks.md has what other numbers give.
 */
export const STEPS_AT_ONCE = Math.ceil((documentedQuotas.platform * STEP_MS) / QUOTA_WINDOW_MS);

/**
 * The number of steps at once for an engine. `--parallel` on the command line wins, because it is a default.
 * @param env what it sets itself wins
 */
export function stepsAtOnce(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env["PULUMI_PARALLEL"] === undefined ? { PULUMI_PARALLEL: String(STEPS_AT_ONCE) } : {};
}
