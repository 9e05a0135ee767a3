import { isAbsolute, relative, resolve } from "node:path";

/** A command line without one of its options, and the values of that option. */
export interface Taken {
  /** In the order of the command line; for the CLI, the last one counts. */
  readonly values: readonly string[];
  readonly rest: readonly string[];
}

/**
 * Takes an option with a value off a command line: `--long V`, `--long=V`, and with a short name `-s V`, `-s=V`, `-sV`.
 * @throws Error if its value is missing
 */
export function takeOption(args: readonly string[], long: string, short?: string): Taken {
  const values: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const isShort = short !== undefined && arg.startsWith(`-${short}`);
    if (arg === `--${long}` || (isShort && arg.length === 2)) {
      const value = args[++index];
      if (value === undefined) throw new Error(`${arg} needs a value.`);
      values.push(value);
    } else if (arg.startsWith(`--${long}=`)) values.push(arg.slice(`--${long}=`.length));
    else if (isShort) values.push(arg.slice(2).replace(/^=/, ""));
    else rest.push(arg);
  }
  return { values, rest };
}

/** Takes an option without a value off a command line: `--name`, `--name=true`, and its short name. */
export function takeSwitch(
  args: readonly string[],
  long: string,
  short?: string,
): { readonly isOn: boolean; readonly rest: readonly string[] } {
  const isIt = (arg: string) => arg === `--${long}` || arg.startsWith(`--${long}=`) || arg === `-${short ?? "-"}`;
  const last = args.findLast(isIt);
  return { isOn: last !== undefined && !/=(false|0|f)$/i.test(last), rest: args.filter((arg) => !isIt(arg)) };
}

/**
 * Makes a path of a command line absolute. The path is relative to the folder in which the user called npm, but npm runs its
 * scripts in the project's folder.
 * @param env INIT_CWD is the folder in which npm was called
 */
export function pathOfCaller(path: string, projectRoot: string, env: NodeJS.ProcessEnv): string {
  const called = env["INIT_CWD"];
  const way = called ? relative(projectRoot, called) : "..";
  return resolve(way.startsWith("..") || isAbsolute(way) ? projectRoot : (called ?? ""), path);
}
