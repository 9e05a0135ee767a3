import { closestName } from "../../config/closestName.ts";
import { wordList } from "../../config/wordList.ts";
import { EVERY_ENVIRONMENT } from "./rule.ts";
import type { ByEnvironment } from "./rule.ts";
import type { KeyPath, Place, ValueProblem } from "./place.ts";
import type { Source } from "./source.ts";

/** An object of the rules whose keys are known. */
export type Entry = Readonly<Record<string, unknown>>;

/** Options of reading rules. */
export interface ReadOptions {
  /** The variables that values may take from the environment of the run (`$ENV:NAME`), or true for all; none by default. */
  readonly environmentVariables?: boolean | readonly string[];
}

/** Reads values of one source, and collects what is wrong with them. */
export class Reader {
  /** Mistakes: the rules must not be used. */
  readonly problems: ValueProblem[] = [];
  /** What is allowed, but probably not meant. */
  readonly warnings: ValueProblem[] = [];
  /** See {@link ReadOptions}; never undefined. */
  readonly environmentVariables: boolean | readonly string[];
  readonly #source: Source;

  constructor(source: Source, options: ReadOptions) {
    this.#source = source;
    this.environmentVariables = options.environmentVariables ?? false;
  }

  /** Where a value stands. */
  placeOf(path: KeyPath): Place {
    return this.#source.placeOf(path);
  }

  /**
   * Notes a mistake.
   * @param message what is wrong and what would be right, as the end of a sentence whose subject is the value
   */
  problem(path: KeyPath, message: string): undefined {
    this.problems.push({ ...this.placeOf(path), message });
  }

  /** Notes something that is allowed. */
  warn(path: KeyPath, message: string): void {
    this.warnings.push({ ...this.placeOf(path), message });
  }

  /** A list; undefined and a problem if it is none. */
  list(value: unknown, path: KeyPath): readonly unknown[] | undefined {
    if (Array.isArray(value)) return value as readonly unknown[];
    return this.problem(path, isMissing(value) ? "is empty: give it a list or remove the key" : "must be a list");
  }

  /**
   * An object with known keys.
   * @param known keys that it may have
   * @param required those of them that it must have
   */
  entry(value: unknown, path: KeyPath, known: readonly string[], required: readonly string[]): Entry | undefined {
    if (!isObject(value)) return this.problem(path, `must be an object with ${wordList(known, "and")}`);
    const suggested = new Set<string>();
    for (const key of Object.keys(value).filter((key) => !known.includes(key))) {
      const meant = closestName(key, known);
      if (meant !== undefined) suggested.add(meant);
      this.problem([...path, key], unknownKey(meant, known));
    }
    const missing = required.filter((key) => !(key in value));
    // a misspelled key is one mistake, not two
    for (const key of missing.filter((key) => !suggested.has(key))) this.problem([...path, key], "required");
    return missing.length === 0 ? value : undefined;
  }

  /** A text that is not empty. */
  text(value: unknown, path: KeyPath): string | undefined {
    if (typeof value === "string" && value !== "") return value;
    if (isMissing(value)) return this.problem(path, "must not be empty");
    return this.problem(path, isObject(value) || Array.isArray(value) ? "must be text" : NO_TEXT);
  }

  /** A text, or a list of texts. Empty ones count as absent. */
  texts(value: unknown, path: KeyPath): readonly string[] | undefined {
    if (isMissing(value) || (Array.isArray(value) && value.length === 0)) return undefined;
    if (!Array.isArray(value)) {
      const single = this.text(value, path);
      return single === undefined ? undefined : [single];
    }
    const texts = value.map((one: unknown, index) => this.text(one, [...path, index]));
    return texts.filter((text) => text !== undefined);
  }

  /** A switch. fabric-cicd wants it in quotes; without them it means the same. */
  flag(value: unknown, path: KeyPath): boolean {
    if (isMissing(value)) return false;
    if (typeof value === "boolean") return value;
    const word = typeof value === "string" ? value.toLowerCase() : undefined;
    if (word === "true" || word === "false") return word === "true";
    this.problem(path, 'must be "true" or "false"');
    return false;
  }

  /** Values by environment. */
  byEnvironment<T>(
    value: unknown,
    path: KeyPath,
    read: (value: unknown, path: KeyPath) => T | undefined,
  ): ByEnvironment<T> {
    const values = new Map<string, T>();
    if (typeof value === "string" && value !== "") {
      // parameter files of public projects have this, although fabric-cicd refuses it
      this.warn(path, `is one value for every environment: fabric-cicd wants {${EVERY_ENVIRONMENT}: …} for that`);
      const one = read(value, path);
      if (one !== undefined) values.set(EVERY_ENVIRONMENT, one);
      return values;
    }
    if (!isObject(value)) {
      this.problem(
        path,
        isMissing(value) ? NO_ENVIRONMENT : `must be an object with ${PER_ENVIRONMENT}, not a single value`,
      );
      return values;
    }
    const names = Object.keys(value);
    if (names.length === 0) this.problem(path, NO_ENVIRONMENT);
    const all = names.find(isEveryEnvironment);
    if (all !== undefined && names.length > 1) {
      const others = names.filter((name) => name !== all);
      this.problem([...path, all], `must be the only environment, but there is also ${wordList(others, "and")}`);
    }
    for (const name of names) {
      const one = read(value[name], [...path, name]);
      if (one !== undefined) values.set(isEveryEnvironment(name) ? EVERY_ENVIRONMENT : name, one);
    }
    return values;
  }
}

const NO_TEXT = "must be text: numbers, dates and words such as true, yes and off need quotes to be text";
const PER_ENVIRONMENT = `a value for each environment, or ${EVERY_ENVIRONMENT} for all`;
const NO_ENVIRONMENT = `must not be empty: give it ${PER_ENVIRONMENT}`;

/** Message for a key that does not exist. */
export function unknownKey(meant: string | undefined, known: readonly string[]): string {
  return meant ? `unknown key; did you mean ${meant}?` : `unknown key; known are ${wordList(known, "and")}`;
}

const isEveryEnvironment = (name: string) => name.toLowerCase() === EVERY_ENVIRONMENT.toLowerCase();

/** Whether there is nothing: no key, a key without a value, or an empty text. */
export function isMissing(value: unknown): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
