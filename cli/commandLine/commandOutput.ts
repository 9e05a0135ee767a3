import { takeOption } from "./commandLine.ts";

/*
 * `--output json`: standard output holds one JSON object, the result of the command; everything else, Pulumi's own output
 * included, goes to standard error. docs/outputs.md describes the objects.
 */

let result: Readonly<Record<string, unknown>> | undefined;
/** Writes to standard output, once everything else goes to standard error. */
let print: ((text: string) => void) | undefined;

/** Whether this command prints its result as JSON. */
export const isJsonOutput = (): boolean => print !== undefined;

/** Adds to the result of this command; printed at its end, if it is asked for. */
export function noteResult(part: Readonly<Record<string, unknown>>): void {
  result = { ...result, ...part };
}

/** Says why the command does not do its work, in its result too. @returns the exit code for that */
export function refuse(why: string): 1 {
  console.error(why);
  noteResult({ error: why });
  return 1;
}

/**
 * Takes `--output` off a command line.
 * @throws Error for another value than `json`
 */
export function takeOutput(args: readonly string[]): { readonly isJson: boolean; readonly rest: readonly string[] } {
  const { values, rest } = takeOption(args, "output");
  const wrong = values.find((value) => value !== "json");
  if (wrong !== undefined) throw new Error(`--output takes json, not '${wrong}'.`);
  return { isJson: values.length > 0, rest };
}

/** Lets this process print to standard error from now on, and its result to standard output at its end. */
export function printOnlyResult(): void {
  const write = process.stdout.write.bind(process.stdout);
  print = (text) => void write(text);
  process.stdout.write = process.stderr.write.bind(process.stderr);
}

/** Prints the result. @param always parts that every command has; `exitCode` among them */
export function printResult(always: Readonly<Record<string, unknown>>): void {
  print?.(`${JSON.stringify({ ...always, ...result }, null, 2)}\n`);
}
