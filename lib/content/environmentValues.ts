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
export function environmentValue(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[`$ENV:${name}`] || (isOfDeployment(name) ? undefined : env[name] || undefined);
  if (value !== undefined) taken.set(name, value);
  return value;
}

/** The values that this process has taken, which no record of it may hold. */
const taken = new Map<string, string>();

/** A text with the names of variables in place of the values that this process has taken. */
export const withoutTaken = (text: string): string =>
  [...taken].reduce((result, [name, value]) => result.replaceAll(value, `$ENV:${name}`), text);

/** The hash of a variable's present value; undefined if it is not set. */
export function environmentVersion(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = environmentValue(name, env);
  return value === undefined ? undefined : versionOfSecret(name, { value });
}

/** Names of variables whose values are others than those that a definition was sent with, or are not set. */
export const changedVariables = (variables: Variables, env: NodeJS.ProcessEnv): string[] =>
  Object.entries(variables).flatMap(([name, version]) => (environmentVersion(name, env) === version ? [] : [name]));

/** Signs of the private use area, which no file has: a value stands as it is, or as in the quotes of JSON. */
const PLAIN = "\uE000";
const QUOTED = "\uE001";
const MARK = /[\uE000\uE001]\$ENV:([\p{L}\p{N}_]+)[\uE000\uE001]/gu;

const quoted = (value: string) => JSON.stringify(value).slice(1, -1);

/** A definition with the names of variables in place of their values. */
export function withoutEnvironment(
  parts: readonly DefinitionPart[],
  variables: Variables,
  env: NodeJS.ProcessEnv,
): readonly DefinitionPart[] {
  const marks = Object.keys(variables).flatMap((name): [string, string][] => {
    const value = environmentValue(name, env);
    if (value === undefined) return [];
    const mark = (sign: string) => `${sign}$ENV:${name}${sign}`;
    return quoted(value) === value
      ? [[value, mark(PLAIN)]]
      : [
          [value, mark(PLAIN)],
          [quoted(value), mark(QUOTED)],
        ];
  });
  // a value may be a part of another one
  const longestFirst = marks.toSorted(([a], [b]) => b.length - a.length);
  return withTexts(parts, ({ text }) =>
    longestFirst.reduce((result, [value, mark]) => result.replaceAll(value, () => mark), text),
  );
}

/** A kept definition with the present values of variables. @throws Error if one is not set */
export const withEnvironment = (parts: readonly DefinitionPart[], env: NodeJS.ProcessEnv): readonly DefinitionPart[] =>
  withTexts(parts, ({ text }) =>
    text.replace(MARK, (mark, name: string) => {
      const value = environmentValue(name, env);
      if (value === undefined)
        throw new Error(`A kept definition needs the environment variable ${name}, which is not set.`);
      return mark.startsWith(QUOTED) ? quoted(value) : value;
    }),
  );
