import log from "@pulumi/pulumi/log/index.js";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";

/**
 * The features of a run, which the program tells together with its endpoint.
 * @throws Error if a feature that the stack requires is off
 */
export function announcedFlags(config: StackConfig, env: NodeJS.ProcessEnv): FeatureFlags {
  const flags = FeatureFlags.load(config.features, env);
  if (config.requireAllFeatures) flags.assertAllOn();
  const endpoint = env["FABRIC_ENDPOINT"];
  if (endpoint) void log.info(`FABRIC_ENDPOINT is set: this run talks to ${endpoint} instead of ${config.endpoint}.`);
  void log.info(`Endpoint ${endpoint || config.endpoint}. Features: ${flags.describe()}.`);
  return flags;
}
