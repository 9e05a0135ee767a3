import type { DefinitionPart } from "../api/itemDefinition.ts";
import { withTexts } from "./textFiles.ts";
import { isOfDeployment, versionOfSecret } from "../secrets/secretVersion.ts";

/*
 * Values that rules take from the environment of the run (`$ENV:NAME`). They may be secret: states, logs and kept definitions
 * hold the name, and a salted hash that shows a change.
 */

/** Salted hashes of variables by name, as states hold them. */
export type Variables = Readonly<Record<string, string>>;

/**
 * The value of `$ENV:NAME`: of the variable with just that name, as fabric-cicd reads it, else of the variable NAME. What the
 * deployment itself signs in with is no value for content.
 */
export const environmentValue = (name: string, env: NodeJS.ProcessEnv): string | undefined =>
  env[`$ENV:${name}`] || (isOfDeployment(name) ? undefined : env[name] || undefined);

/** The hash of a variable's present value; undefined if it is not set. */
export function environmentVersion(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = environmentValue(name, env);
  return value === undefined ? undefined : versionOfSecret(name, { value });
}

/** The variables that a run puts into definitions. It remembers their values, which no record of the run may hold. */
export class RunVariables {
  readonly #env: NodeJS.ProcessEnv;
  readonly #taken = new Map<string, string>();

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** {@link environmentValue} */
  value(name: string): string | undefined {
    const value = environmentValue(name, this.#env);
    if (value !== undefined) this.#taken.set(name, value);
    return value;
  }

  /** Names of variables whose values are others than those that a definition was sent with, or are not set. */
  changed(variables: Variables): string[] {
    return Object.entries(variables).flatMap(([name, version]) => {
      const value = this.value(name);
      return value !== undefined && versionOfSecret(name, { value }) === version ? [] : [name];
    });
  }

  /** The values that the run has taken. */
  taken(): Iterable<string> {
    return this.#taken.values();
  }

  /** A text with the names of variables in place of the values that the run has taken, also of those in quotes. */
  without(text: string): string {
    const spellings = [...this.#taken].flatMap(([name, value]) =>
      [...new Set([value, quoted(value)])].map((spelling) => [spelling, `$ENV:${name}`] as const),
    );
    return withoutSpellings(text, spellings);
  }
}

/** Texts in place of others. One may be a part of another, so the longest come first. */
const withoutSpellings = (text: string, spellings: readonly (readonly [spelling: string, by: string])[]): string =>
  spellings
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((result, [spelling, by]) => result.replaceAll(spelling, () => by), text);

/** Signs of the private use area, which no file has: a value stands as it is, or as in the quotes of JSON. */
const PLAIN = "\uE000";
const QUOTED = "\uE001";
const MARK = /[\uE000\uE001]\$ENV:([\p{L}\p{N}_]+)[\uE000\uE001]/gu;

const quoted = (value: string) => JSON.stringify(value).slice(1, -1);

/** A definition with the names of variables in place of their values. */
export function withoutEnvironment(
  parts: readonly DefinitionPart[],
  variables: Variables,
  present: RunVariables,
): readonly DefinitionPart[] {
  const marks = Object.keys(variables).flatMap((name): [string, string][] => {
    const value = present.value(name);
    if (value === undefined) return [];
    const mark = (sign: string) => `${sign}$ENV:${name}${sign}`;
    return quoted(value) === value
      ? [[value, mark(PLAIN)]]
      : [
          [value, mark(PLAIN)],
          [quoted(value), mark(QUOTED)],
        ];
  });
  return withTexts(parts, ({ text }) => withoutSpellings(text, marks));
}

/** A kept definition with the present values of variables. @throws Error if one is not set */
export const withEnvironment = (parts: readonly DefinitionPart[], present: RunVariables): readonly DefinitionPart[] =>
  withTexts(parts, ({ text }) =>
    text.replace(MARK, (mark, name: string) => {
      const value = present.value(name);
      if (value === undefined)
        throw new Error(`A kept definition needs the environment variable ${name}, which is not set.`);
      return mark.startsWith(QUOTED) ? quoted(value) : value;
    }),
  );
