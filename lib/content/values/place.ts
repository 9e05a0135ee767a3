/** Keys and positions that lead to a value: `["find_replace", 0, "replace_value"]`. */
export type KeyPath = readonly (string | number)[];

/** Where a value was written, for messages. */
export interface Place {
  /** The file as the caller named it; absent for values that stand in the stack's own configuration. */
  readonly file?: string;
  /** Line in the file, from 1; absent if there is no file. */
  readonly line?: number;
  /** `find_replace[0].replace_value.PROD`; for values without a file with the prefix that the caller gave. */
  readonly path: string;
}

/** One mistake, or one thing worth a warning. The message never repeats a value that may be a secret. */
export interface ValueProblem extends Place {
  /** The fault, and what would be right. */
  readonly message: string;
}

/** `parameter.yml:12 find_replace[0].find_value: required`. */
export function problemText(problem: ValueProblem): string {
  const file = problem.file === undefined ? "" : problem.file + (problem.line === undefined ? "" : `:${problem.line}`);
  const where = [file, problem.path].filter((part) => part !== "").join(" ");
  return `${where}: ${problem.message}`;
}

/** The path as text, below a prefix. */
export function pathText(prefix: string, path: KeyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, prefix);
}
