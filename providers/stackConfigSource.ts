import config from "@pulumi/pulumi/runtime/config.js";
import { parseStackConfig } from "../lib/stackConfig.ts";
import type { StackConfig } from "../lib/stackConfig.ts";

const NAMESPACE = "fabric:";

/**
 * The configuration of the stack that this program runs for.
 * @throws StackConfigError naming every problem at once
 */
export function readStackConfig(options: { readonly projectRoot: string; readonly stack: string }): StackConfig {
  const own = Object.entries(config.allConfig()).filter(([key]) => key.startsWith(NAMESPACE));
  const raw = Object.fromEntries(own.map(([key, text]) => [key.slice(NAMESPACE.length), valueOf(text)]));
  return parseStackConfig(raw, { ...options, env: process.env });
}

/** Pulumi hands objects and lists over as JSON, and everything else as text. */
function valueOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
