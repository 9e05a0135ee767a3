import { parseArgs } from "node:util";

/*
 * Options of `pulumi up`, `preview` and `destroy` that delete what is not deleted otherwise. The CLI takes every option from
 * the environment as well: `--replace` is PULUMI_OPTION_REPLACE, too.
 */

const FORCING = ["ignore-protect", "replace", "target-replace"] as const;

/** Options that say what a command works on, by whether a value follows: a preview needs them to show the same. */
const OF_THE_WORK: Readonly<Record<string, { type: "string" | "boolean"; short?: string; multiple?: boolean }>> = {
  config: { type: "string", short: "c", multiple: true },
  "config-file": { type: "string" },
  "config-path": { type: "boolean" },
  cwd: { type: "string", short: "C" },
  exclude: { type: "string", short: "x", multiple: true },
  "exclude-dependents": { type: "boolean" },
  "exclude-protected": { type: "boolean" },
  "ignore-protect": { type: "boolean" },
  "override-env": { type: "string", multiple: true },
  parallel: { type: "string", short: "p" },
  refresh: { type: "boolean", short: "r" },
  replace: { type: "string", multiple: true },
  "run-program": { type: "boolean" },
  "skip-config-validation": { type: "boolean" },
  stack: { type: "string", short: "s" },
  target: { type: "string", short: "t", multiple: true },
  "target-dependents": { type: "boolean" },
  "target-replace": { type: "string", multiple: true },
};

/** Options that only say how something is shown or approved, and take a value: it is not to be taken for an option. */
const OTHERS_WITH_VALUE = {
  client: { type: "string" },
  color: { type: "string" },
  "event-log": { type: "string" },
  "exec-agent": { type: "string" },
  "exec-kind": { type: "string" },
  "import-file": { type: "string" },
  memprofilerate: { type: "string" },
  message: { type: "string", short: "m" },
  "otel-traces": { type: "string" },
  output: { type: "string" },
  plan: { type: "string" },
  "policy-pack": { type: "string", multiple: true },
  "policy-pack-config": { type: "string", multiple: true },
  profiling: { type: "string" },
  "save-plan": { type: "string" },
  "secrets-provider": { type: "string" },
  tracing: { type: "string" },
  verbose: { type: "string", short: "v" },
} as const;

const variableOf = (option: string) => `PULUMI_OPTION_${option.replaceAll("-", "_").toUpperCase()}`;

/**
 * Whether a command line, or the environment, may force something. Words that only look like such an option count as well:
 * whether something is forced is the engine's to say.
 */
export function mayForce(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return FORCING.some(
    (option) =>
      Boolean(env[variableOf(option)]) || args.some((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`)),
  );
}

/** The options of a command line that decide what it does, as one word each: for a preview of it. */
export function workOptions(args: readonly string[]): string[] {
  const options = { ...OF_THE_WORK, ...OTHERS_WITH_VALUE };
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  return tokens.flatMap((token) => {
    if (token.kind !== "option" || !Object.hasOwn(OF_THE_WORK, token.name)) return [];
    return [token.value === undefined ? `--${token.name}` : `--${token.name}=${token.value}`];
  });
}

/** The environment in which a preview of a command runs: without options that are not its own, or that end it by an error. */
export function workEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(OF_THE_WORK).map(variableOf));
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("PULUMI_OPTION_") || own.has(name)),
  );
}

/**
 * Variables of an environment that force something, with values that force nothing: for what the commands do by themselves.
 * They are set, not left out, because a child process can have the environment of this one besides.
 */
export function forcingNothing(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = FORCING.map(variableOf).filter((name) => env[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, name === variableOf("ignore-protect") ? "false" : ""]));
}
