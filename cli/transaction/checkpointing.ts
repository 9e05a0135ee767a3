import type { StackSettings } from "../stack/stackSettings.ts";

/** From this number of resources on, the engine's checkpoints take more than half of a deployment (docs/benchmarks.md). */
const MANY_RESOURCES = 100;

/**
 * Settings of the engine's own checkpoints during an update, a destroy or a refresh. The engine writes the whole state before
 * and after each step, which takes longer the more resources there are. Our log makes that needless: a run that was cut off
 * is recovered from the log, whatever the last checkpoint holds. Pulumi Cloud has a journal of its own and keeps its settings.
 * @param env its own settings win
 */
export function checkpointing(
  { resources }: Pick<StackSettings, "resources">,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const backend = env["PULUMI_BACKEND_URL"] ?? "";
  const isOwnBackend = /^(file|azblob|s3|gs):\/\//.test(backend);
  if (!isOwnBackend || resources < MANY_RESOURCES || env["PULUMI_SKIP_CHECKPOINTS"] !== undefined) return {};
  return { PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_EXPERIMENTAL: "true" };
}

/**
 * The same during a preview, of any size. From 3.276 on, the engine keeps a checkpoint in memory there too, and makes it anew at
 * each step: a preview of 100 new workspaces took 11 s, and takes 5 s without.
 * @param env its own settings win
 */
export const previewCheckpointing = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  checkpointing({ resources: Number.POSITIVE_INFINITY }, env);
