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

/** Where a stack's configuration comes from. */
export interface ConfigSource {
  readonly projectRoot: string;
  readonly stack: string;
  /** Values that a program gives in place of those of the configuration. */
  readonly declared?: Readonly<Record<string, unknown>>;
  /** Keys that the configuration must not have, because the program declares by itself what they would. */
  readonly undeclared?: readonly string[];
}

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

const declaredByOther = (key: string) =>
  `fabric:${key} of the stack's configuration declares objects, and this program declares its own: nothing would be made of ` +
  `that key. Remove it, or let the program declare what is configured (deployConfiguration).`;

/**
 * The configuration of the stack that this program runs for.
 * @throws StackConfigError naming every problem at once. Secrets are refused first, because any other message might reveal
 * part of them
 */
export function readStackConfig({ declared = {}, undeclared = [], ...options }: ConfigSource): StackConfig {
  const given = stackConfigValues(config.allConfig());
  const wrong = undeclared.find((key) => given[key] !== undefined && !isEmptyList(given[key]));
  if (wrong !== undefined) throw new Error(declaredByOther(wrong));
  const values = { ...given, ...declared };
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
