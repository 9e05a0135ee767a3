import { parseArgs } from "node:util";
import { isOptionOn, variableOf } from "./optionVariables.ts";

/*
 * Options of `pulumi up`, `preview` and `destroy` that cause deletes which the program does not, or limit the command to a part
 * of the stack, on the command line or in the environment.
 */

const FORCING = ["ignore-protect", "replace", "target-replace"] as const;

/** Options that decide what a command works on, and whether a value follows. A preview needs them to show the same. */
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

/** Options about display and approval that take a value. Their values must not be read as options. */
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

/**
 * Whether a command line or the environment may force deletes. Words that only look like such an option count as well: the
 * engine's preview gives the final answer.
 */
export function mayForce(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return FORCING.some(
    (option) =>
      Boolean(env[variableOf(option)]) || args.some((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`)),
  );
}

/**
 * Whether a command runs without the engine's preview, in which the engine finds everything that it refuses. Options in one
 * word (`-yf`) count by their letters: a word that only looks like one costs a preview.
 */
export function skipsPreview(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return args.some((arg) => /^-[a-z]*f/.test(arg)) || isOptionOn(args, env, "skip-preview");
}

/** Options that leave a part of the stack out. `--target-replace` is `--target` and `--replace`. */
const LIMITING = ["exclude", "target", "target-replace"];

/**
 * The options, or their variables, that limit a command to a part of the stack, as they are spelled; none if it works on the
 * whole stack.
 */
export function limitsOf(command: "up" | "destroy", args: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const given = new Set(optionsOfTheWork(args).map(({ name }) => name));
  const limits = LIMITING.flatMap((name) => {
    if (given.has(name)) return [`--${name}`];
    return env[variableOf(name)] ? [variableOf(name)] : [];
  });
  const leavesProtected = command === "destroy" && isOptionOn(args, env, "exclude-protected");
  return leavesProtected ? [...limits, "--exclude-protected"] : limits;
}

/** The options of a command line that decide what the command does, one word each, for a preview of the command. */
export function workOptions(args: readonly string[]): string[] {
  return optionsOfTheWork(args).map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`));
}

function optionsOfTheWork(args: readonly string[]) {
  const options = { ...OF_THE_WORK, ...OTHERS_WITH_VALUE };
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  return tokens.flatMap((token) =>
    token.kind === "option" && Object.hasOwn(OF_THE_WORK, token.name) ? [{ name: token.name, value: token.value }] : [],
  );
}

/** The environment for a preview of a command: without options that a preview lacks, or that end it with an error. */
export function workEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(OF_THE_WORK).map(variableOf));
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("PULUMI_OPTION_") || own.has(name)),
  );
}

/** Options that would make another work of what a command does by itself, and what stands for their absence. */
const ABSENT: Readonly<Record<string, "" | "false">> = {
  ...Object.fromEntries(
    Object.entries(OF_THE_WORK).map(([name, { type }]) => [
      name,
      type === "boolean" ? ("false" as const) : ("" as const),
    ]),
  ),
  "expect-no-changes": "false",
  "import-file": "",
  json: "false",
  plan: "",
  "preview-only": "false",
  refresh: "",
  remove: "false",
  "save-plan": "",
  "show-secrets": "false",
};
/** Options of {@link OF_THE_WORK} that say where the work is, and how much of it is under way. */
const OF_THE_PLACE = ["config-file", "cwd", "override-env", "parallel", "stack"];

/**
 * The variables of an environment that force, limit or replace a command's work, with values that do none of that, for the
 * commands' own runs of the engine. The variables are set, not left out, because a child process can inherit the environment of
 * this one.
 */
export function forcingNothing(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = Object.keys(ABSENT).filter(
    (name) => !OF_THE_PLACE.includes(name) && env[variableOf(name)] !== undefined,
  );
  return Object.fromEntries(names.map((name) => [variableOf(name), ABSENT[name]]));
}
