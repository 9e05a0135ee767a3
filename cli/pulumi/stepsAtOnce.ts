import { QUOTA_WINDOW_MS, documentedQuotas } from "../../lib/api/quota.ts";

/** Time for which a step holds one of the engine's slots: a create takes 3 to 8 s, and its operation ends soon after. */
const STEP_MS = 6_000;

/**
 * Number of parallel steps of the engine: enough to use the service's quota on any machine. The engine's own default is four
 * per core, but a step does little else than wait. The gate (`lib/api/throttle.ts`) holds back calls above the quota, so
 * slots need not limit them. docs/benchmarks.md compares other numbers.
 */
export const STEPS_AT_ONCE = Math.ceil((documentedQuotas.platform * STEP_MS) / QUOTA_WINDOW_MS);

/**
 * The engine's number of parallel steps, as a default: `--parallel` on the command line wins.
 * @param env its own setting wins
 */
export function stepsAtOnce(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env["PULUMI_PARALLEL"] === undefined ? { PULUMI_PARALLEL: String(STEPS_AT_ONCE) } : {};
}
