import { resolve } from "node:path";
import { variableOf } from "../commandLine/optionVariables.ts";
import { preloadOption } from "../setup/preload.mjs";

/**
 * Megabytes of a half of V8's young generation. V8's own limit is 16. The program and the provider read and write whole
 * configurations and let go of them at once, so with that limit they grow and are no faster: a preview of 800 resources took
 * 833 MB and 10.1 s, with 4 MB 690 MB and 10.0 s, with 1 MB 684 MB and 13.7 s (`npm run bench:startup`).
 */
export const SEMI_SPACE_MB = 4;

/** Loads parts of Pulumi's SDK only if they are used. */
const LAZY_MODULES = resolve(import.meta.dirname, "../languageHost/lazyModules.cjs");

/**
 * The Node options that keep program and provider small. `Pulumi.yaml` has the first for the program of a plain `pulumi up`.
 * @param env its own NODE_OPTIONS come last, and so win
 */
export function nodeMemory(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = env["NODE_OPTIONS"];
  return {
    NODE_OPTIONS: [`--max-semi-space-size=${SEMI_SPACE_MB}`, preloadOption(LAZY_MODULES), ...(own ? [own] : [])].join(
      " ",
    ),
  };
}

/** Keeps Pulumi's SDK from sending debug messages. */
const QUIET_LOG = resolve(import.meta.dirname, "../languageHost/quietLog.cjs");

/**
 * The Node options of a Pulumi command, without the debug messages that it does not show.
 * @param args of the command: `--debug` shows them, and so may the engine's own logs
 * @param env the same options as variables; NODE_OPTIONS as {@link nodeMemory} made them
 */
export function withoutDebugMessages(args: readonly string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isAsked = args.some((arg) => /^(-d|-v\S*|--(debug|verbose|logflow|logtostderr)(=.*)?)$/.test(arg));
  if (isAsked || ["debug", "verbose", "logflow", "logtostderr"].some((option) => env[variableOf(option)])) return env;
  return { ...env, NODE_OPTIONS: [preloadOption(QUIET_LOG), env["NODE_OPTIONS"]].filter(Boolean).join(" ") };
}
