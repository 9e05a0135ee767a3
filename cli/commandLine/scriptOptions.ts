import type { ParseArgsConfig } from "node:util";
import { ownOptions } from "../../lib/project/ownOptions.ts";
import type { Parsed } from "../../lib/project/ownOptions.ts";

/**
 * What a script of the project was asked for. `--help` prints its usage and ends the process; what is wrong with the command line
 * ends it with one message and exit code 2.
 * @param script its name, as in `npm run SCRIPT`
 * @param settings makes the script's settings of its command line; what it throws is a fault of that
 */
export function scriptOptions<T extends ParseArgsConfig, S>(
  { script, usage, ...config }: T & { readonly script: string; readonly usage: string },
  settings: (parsed: Parsed<T>) => S,
): S {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return settings(ownOptions(script, config as unknown as T));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

/**
 * The numbers among the words of a command line.
 * @param usual if there are none
 * @throws Error if a word is no whole number above 0
 */
export function countsIn(words: readonly string[], usual: readonly number[]): readonly number[] {
  const wrong = words.find((word) => !/^[1-9]\d*$/.test(word));
  if (wrong !== undefined) throw new Error(`'${wrong}' is no whole number above 0. Nothing was done.`);
  return words.length > 0 ? words.map(Number) : usual;
}
