import { isSwitchedOn } from "../../lib/project/cliSwitch.ts";
import { takeOption, takeSwitch } from "./commandLine.ts";

/*
 * The CLI takes every option from the environment as well: `--target` is also PULUMI_OPTION_TARGET. The project's commands read
 * an option as the CLI does: what the command line says about it wins, but values of a list add up.
 */

/** The variable of an option. */
export const variableOf = (option: string): string => `PULUMI_OPTION_${option.replaceAll("-", "_").toUpperCase()}`;

/** The value of an option; undefined if it is not given, or empty in the environment. */
export function optionValue(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  long: string,
  short?: string,
): string | undefined {
  return takeOption(args, long, short).values.at(-1) ?? (env[variableOf(long)] || undefined);
}

/** The values of an option that may be repeated. */
export function optionValues(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  long: string,
  short?: string,
): readonly string[] {
  return [...listIn(env[variableOf(long)] ?? ""), ...takeOption(args, long, short).values];
}

/** Whether an option without a value is on. */
export function isOptionOn(args: readonly string[], env: NodeJS.ProcessEnv, long: string, short?: string): boolean {
  const { isOn, rest } = takeSwitch(args, long, short);
  return rest.length < args.length ? isOn : isSwitchedOn(env[variableOf(long)]);
}

/** A field of a line of CSV, and what comes after it. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/y;

/**
 * The values of a variable for an option that may be repeated: one line of CSV, or the whole text if it is none, such as JSON.
 * Pure.
 */
export function listIn(variable: string): string[] {
  const text = variable.replaceAll("\r\n", "\n").replace(/^\n+/, "");
  if (text === "") return [];
  const values: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const found = FIELD.exec(text);
    if (!found) return [variable];
    const [, quoted, plain = "", end] = found;
    values.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") return values;
  }
}
