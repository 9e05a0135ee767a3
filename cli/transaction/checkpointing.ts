import type { StackSettings } from "../pulumi/stackSettings.ts";

/** From so many resources on, the engine's checkpoints cost more than half of a deployment (docs/benchmarks.md). */
const MANY_RESOURCES = 100;

/**
 * Settings of the engine's own checkpoints during an update. It writes the whole state before and after each step, which
 * takes the longer the more there is. Our log makes that needless: a run that is cut off is recovered from the log, whatever
 * the last checkpoint says. Pulumi Cloud has a journal of its own and is left alone.
 * @param env what it sets itself wins
 */
export function checkpointing({ resources }: StackSettings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const backend = env["PULUMI_BACKEND_URL"] ?? "";
  const isOwnBackend = /^(file|azblob|s3|gs):\/\//.test(backend);
  if (!isOwnBackend || resources < MANY_RESOURCES || env["PULUMI_SKIP_CHECKPOINTS"] !== undefined) return {};
  return { PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_EXPERIMENTAL: "true" };
}
