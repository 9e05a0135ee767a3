import { StackConfigError } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";

/*
 * No key of this project may be a Pulumi secret: declared values end up in the state, in logs and at the service, and all of
 * these are readable. The check never looks at a value.
 */

/** Reason for refusing a secret. */
export const WHY_NO_SECRETS = "this project keeps nothing secret that is configured here";

/** Whether a value is Pulumi's replacement for a secret in a stack's file: a map with the single key `secure`. */
const isSecret = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === 1 &&
  typeof (value as { secure?: unknown }).secure === "string";

/** Paths of secrets in a value of a stack's file. */
export function secretsIn(value: unknown, path: ConfigPath): ConfigPath[] {
  if (isSecret(value)) return [path];
  if (typeof value !== "object" || value === null) return [];
  const entries: (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((entry: unknown, index) => [index, entry])
    : Object.entries(value);
  return entries.flatMap(([step, entry]) => secretsIn(entry, [...path, step]));
}

/** Whether a value of a stack's file equals the program's value, apart from secrets. */
function isSame(inFile: unknown, given: unknown): boolean {
  if (isSecret(inFile)) return true;
  if (typeof inFile !== "object" || inFile === null) return String(inFile) === String(given);
  if (typeof given !== "object" || given === null || Array.isArray(inFile) !== Array.isArray(given)) return false;
  const keys = Object.keys(inFile);
  return (
    keys.length === Object.keys(given).length &&
    keys.every(
      (key) =>
        Object.hasOwn(given, key) &&
        isSame((inFile as Record<string, unknown>)[key], (given as Record<string, unknown>)[key]),
    )
  );
}

/** A path in the spelling of `pulumi config set --path`. */
function spelled([key = "", ...below]: ConfigPath): string {
  const steps = below.map((step) =>
    typeof step === "number" ? `[${step}]` : /^\w+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`,
  );
  return `fabric:${key}${steps.join("")}`;
}

function problemOf(stack: string, path: ConfigPath, isExact: boolean): Problem {
  const key = spelled(path);
  const place = isExact ? `'${key}'` : `PATH`;
  return {
    path: key,
    message:
      `${isExact ? "is a secret" : "holds a secret"}, and ${WHY_NO_SECRETS}. Secrets belong into Key Vault (npm run secret -- ` +
      `set NAME --stack ${stack}) or into the environment. Make it plain: ` +
      `pulumi config set --stack ${stack} --path ${place} VALUE --plaintext. If it was deployed before, its value lies in ` +
      `the state in plain text: replace it where it is used.`,
  };
}

/** What is wrong with a secret in a file of workspaces. */
export const secretInFile = (stack: string): string =>
  `is a secret, and ${WHY_NO_SECRETS}; Pulumi decrypts nothing in this file either. Secrets belong into Key Vault (npm run secret ` +
  `-- set NAME --stack ${stack}) or into the environment. Write plain text here.`;

/**
 * Refuses secrets in the configuration of a stack's file.
 * @param values by key without the namespace
 * @throws StackConfigError that names the path of each secret
 */
export function assertNoSecrets(stack: string, values: Readonly<Record<string, unknown>>): void {
  const found = Object.entries(values).flatMap(([key, value]) => secretsIn(value, [key]));
  if (found.length > 0)
    throw new StackConfigError(
      stack,
      found.map((path) => problemOf(stack, path, true)),
    );
}

/** A configuration as the program receives it: decrypted, and without marks on secrets inside lists and objects. */
export interface GivenConfig {
  readonly stack: string;
  /** Keys that are secret, or contain a secret, according to Pulumi; without the namespace. */
  readonly secretKeys: readonly string[];
  /** Values by key without the namespace. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Values of the stack's own file, to locate secrets. The configuration may come from another file. */
  readonly inFile: Readonly<Record<string, unknown>>;
}

/**
 * Refuses secrets in a configuration as the program receives it. The message names the place inside a key if the value came
 * from the stack's file, that is, if both are equal apart from secrets. Otherwise the message names only the key.
 * @throws StackConfigError that names the path of each secret
 */
export function assertNotSecret({ stack, secretKeys, values, inFile }: GivenConfig): void {
  const problems = secretKeys.flatMap((key) => {
    const places = isSame(inFile[key], values[key]) ? secretsIn(inFile[key], [key]) : [];
    const isScalar = typeof values[key] !== "object" || values[key] === null;
    if (places.length > 0) return places.map((path) => problemOf(stack, path, true));
    return [problemOf(stack, [key], isScalar)];
  });
  if (problems.length > 0) throw new StackConfigError(stack, problems);
}
