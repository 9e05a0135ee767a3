import type { z } from "zod";
import { closestName } from "./closestName.ts";
import { wordList } from "./wordList.ts";

/** A place in the file: keys, and positions in lists. */
export type ConfigPath = readonly (string | number)[];

/** One mistake. It never holds the wrong value itself, because that may be a misplaced secret. */
export interface Problem {
  /** Path in the file: `fabric:workspaces[0].git.ownerName`. */
  readonly path: string;
  /** The fault, and what would be right. */
  readonly message: string;
  /** The same path in steps, to find its line; absent if the message tells the place. */
  readonly at?: ConfigPath;
  /** Two places that are the same. */
  readonly same?: readonly [ConfigPlace, ConfigPlace];
}

/** A place in the stack's file, or in a file that it names. */
export interface ConfigPlace {
  readonly at: ConfigPath;
  /** `items/load.Notebook/.platform:4`, for a value that does not stand in the stack's file. */
  readonly file?: (() => string) | undefined;
}

/** The stack's configuration cannot be used. The message lists every problem with its path. */
export class StackConfigError extends Error {
  override readonly name = "StackConfigError";
  /** Sorted by path. */
  readonly problems: readonly Problem[];

  constructor(stack: string, problems: readonly Problem[]) {
    const unique = new Map(problems.map((problem) => [`${problem.path}: ${problem.message}`, problem]));
    const inOrder = [...unique].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
    const count = inOrder.length === 1 ? "a problem" : `${inOrder.length} problems`;
    super(
      `The configuration in Pulumi.${stack}.yaml has ${count}:\n${inOrder.map(([line]) => `  ${line}`).join("\n")}\n` +
        `Nothing was deployed. Every key is described in docs/configuration.md.`,
    );
    this.problems = inOrder.map(([, problem]) => problem);
  }
}

/** Makes a {@link Problem}. */
export function problemAt(path: ConfigPath, message: string): Problem {
  const [first = "", ...rest] = path;
  const below = rest.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  return { path: `fabric:${first}${below.join("")}`, message, at: path };
}

/**
 * Problems with their file and line, or with those of both that are the same.
 * @param placeOf where a value of the stack's file stands
 */
export const withPlaces = (
  problems: readonly Problem[],
  placeOf: (at: ConfigPath) => string | undefined,
): readonly Problem[] =>
  problems.map(({ same, at, path, message }) => {
    const both = (same ?? []).flatMap((one) => one.file?.() ?? placeOf(one.at) ?? []);
    const places = both.length < 2 ? at && placeOf(at) : both.join(" and ");
    return { path, message: places === undefined ? message : `${message} (${places})` };
  });

/** The keys known at each level, by the key that holds them. The empty key stands for the top level. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;

/**
 * The schema's issues as problems.
 * @param known the keys that each holder may have
 */
export function schemaProblems(error: z.ZodError, known: KnownKeys): Problem[] {
  const found = error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    if (issue.code !== "unrecognized_keys") return [problemAt(path, issue.message)];
    const holder = path.findLast((step) => typeof step === "string") ?? "";
    return issue.keys.map((key) => problemAt([...path, key], unknownKey(key, holder, known[holder] ?? [])));
  });
  // a value of the wrong type also breaks other rules, and their messages would add nothing
  return found.filter(({ path }, index) => found.findIndex((other) => other.path === path) === index);
}

function unknownKey(key: string, holder: string, known: readonly string[]): string {
  // a known key in the wrong place: it belongs to the other provider
  if (known.includes(key)) return `belongs to the other ${holder === "git" ? "gitProviderType" : "provider"}`;
  // objects inside the entries of kinds: their keys are not listed
  if (known.length === 0) return "unknown key";
  const meant = closestName(key, known);
  return meant ? `unknown key; did you mean ${meant}?` : `unknown key; known are ${wordList(known, "and")}`;
}

/** Messages for the rules of the schema. A message may suggest a value, but never repeats the wrong one. */
export const inOurWords: z.core.$ZodErrorMap = (issue) => {
  const { code, input } = issue;
  if (input === undefined) return "required";
  if (input === null) return "is empty: give it a value or remove the key";
  if (code === "invalid_type") return `must be ${nounOf(issue.expected)}`;
  if (code === "too_small") return isNumber(issue.origin) ? `must be at least ${issue.minimum}` : "must not be empty";
  if (code === "too_big") return tooBig(issue.origin, issue.maximum);
  if (code === "invalid_format") return "must be an id like 01234567-89ab-cdef-0123-456789abcdef";
  if (code === "invalid_value") return oneOf(issue.values.map(String), input);
  if (code === "invalid_union" && issue.discriminator !== undefined) {
    const { discriminator, options } = issue as { discriminator: string; options: string[] };
    return oneOf(options, (input as Record<string, unknown>)[discriminator]);
  }
  return undefined;
};

const isNumber = (origin: string) => ["number", "int", "bigint"].includes(origin);

function tooBig(origin: string, maximum: number | bigint): string {
  if (isNumber(origin)) return `must be at most ${maximum}`;
  return `must have at most ${maximum} ${origin === "array" ? "entries" : "characters"}`;
}

function nounOf(type: string): string {
  const nouns: Readonly<Record<string, string>> = {
    string: "text (numbers and true or false need quotes to be text)",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list",
    object: "an object with keys",
    record: "an object with keys",
  };
  return nouns[type] ?? type;
}

/** `must be A, B or C`, with a suggestion if a value is close. */
function oneOf(values: readonly string[], given: unknown): string {
  if (given === undefined) return `required: ${wordList(values, "or")}`;
  const meant = typeof given === "string" ? closestName(given, values) : undefined;
  return `must be ${wordList(values, "or")}${meant && values.length > 1 ? `; did you mean ${meant}?` : ""}`;
}
