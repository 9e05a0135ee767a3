import config from "@pulumi/pulumi/runtime/config.js";
import { parseStackConfig } from "../lib/stackConfig.ts";
import type { StackConfig } from "../lib/stackConfig.ts";
import { stackConfigValues } from "../lib/stackConfigText.ts";

/**
 * The configuration of the stack that this program runs for.
 * @throws StackConfigError naming every problem at once
 */
export function readStackConfig(options: { readonly projectRoot: string; readonly stack: string }): StackConfig {
  return parseStackConfig(stackConfigValues(config.allConfig()), { ...options, env: process.env });
}
