import { existsSync } from "node:fs";
import { join } from "node:path";
import config from "@pulumi/pulumi/runtime/config.js";
import { z } from "zod";
import { readYamlFile } from "../../lib/config/yamlFile.ts";
import { parseStackConfig } from "../../lib/config/stackConfig.ts";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import { assertNotSecret } from "../../lib/config/secrets.ts";
import { ownKeys, stackConfigValues } from "../../lib/config/text.ts";
import { kindKeys } from "../kinds/kinds.ts";

/**
 * The configuration of the stack that this program runs for.
 * @throws StackConfigError naming every problem at once. Secrets are refused first, because any other message might reveal
 * part of them
 */
export function readStackConfig(options: { readonly projectRoot: string; readonly stack: string }): StackConfig {
  const values = stackConfigValues(config.allConfig());
  const secretKeys = secretKeysIn(process.env);
  // a stack without secrets does not need its file
  const inFile = secretKeys.length > 0 ? valuesInFile(options) : {};
  assertNotSecret({ stack: options.stack, secretKeys, values, inFile });
  return parseStackConfig(values, { ...options, env: process.env, kindKeys });
}

/** The project's keys that are secret or hold one, according to Pulumi. The SDK's own check covers whole keys only. */
function secretKeysIn(env: NodeJS.ProcessEnv): string[] {
  const keys = z.array(z.string()).parse(JSON.parse(env["PULUMI_CONFIG_SECRET_KEYS"] || "[]"));
  return Object.keys(ownKeys(Object.fromEntries(keys.map((key) => [key.replace(":config:", ":"), key]))));
}

/** The values in the stack's file; none if the file is missing or unreadable. */
function valuesInFile({ projectRoot, stack }: { readonly projectRoot: string; readonly stack: string }) {
  const file = join(projectRoot, `Pulumi.${stack}.yaml`);
  try {
    const content = (existsSync(file) ? readYamlFile(file) : {}) as { config?: Record<string, unknown> };
    return ownKeys(content.config ?? {});
  } catch {
    return {};
  }
}
