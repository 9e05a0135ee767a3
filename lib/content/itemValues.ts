import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { hashDefinition } from "../api/itemDefinition.ts";
import { textOf } from "../api/plainText.ts";
import type { DefinitionPart } from "../api/itemDefinition.ts";
import { environmentValue } from "./environmentValues.ts";
import { withTexts } from "./textFiles.ts";
import type * as Pools from "./values/sparkPools.ts";
import type * as Applying from "./values/applyValues.ts";
import type { DynamicReference } from "./values/reference.ts";
import type { Value } from "./values/value.ts";

/** Loaded for the first values: most processes never put one in. */
const applying = () => createRequire(import.meta.url)("./values/applyValues.ts") as typeof Applying;

const pools = () => createRequire(import.meta.url)("./values/sparkPools.ts") as typeof Pools;

/** How a value of a rule is called until it is known: as the rule may spell it, `$items.Lakehouse.Sales.$id`. */
export function referenceText(reference: DynamicReference): string {
  if (reference.kind === "environment variable") return `$ENV:${reference.name}`;
  if (reference.kind === "item") {
    const { workspace, type, name, attribute } = reference;
    return `$${workspace === undefined ? "" : `workspace.${workspace}.$`}items.${type}.${name}.$${attribute}`;
  }
  return reference.name === undefined ? `$workspace.$${reference.attribute}` : `$workspace.${reference.name}.$id`;
}

/** The values among the inputs of an item, which the program has written. */
export const valuesOf = ({ values = [] }: { readonly values?: readonly object[] | undefined }): readonly Value[] =>
  values as readonly Value[];

/** The value of a variable of the environment; undefined if it is not set. */
export type VariableValue = (name: string) => string | undefined;

/** What rules look for: a variable of the environment, or what the service says, if it is known. */
export const soughtIn =
  (variable: VariableValue, references: Readonly<Record<string, string>>) =>
  (reference: DynamicReference): string | undefined =>
    reference.kind === "environment variable" ? variable(reference.name) : references[referenceText(reference)];

const ofProcess: VariableValue = (name) => environmentValue(name, process.env);

/**
 * A definition with its values for one environment.
 * @param valueOf the value of a dynamic reference. @default its own text, so that a hash can be told before ids are known
 * @param known ids and variables that rules may look for. @default no ids, so that a hash can be told before they are known
 * @throws Error if a value cannot be put in
 */
export function withValues(
  parts: readonly DefinitionPart[],
  values: readonly Value[],
  valueOf: (reference: DynamicReference) => string = referenceText,
  known: { readonly references?: Readonly<Record<string, string>> | undefined; readonly variable?: VariableValue } = {},
): readonly DefinitionPart[] {
  if (values.length === 0) return parts;
  const files = parts.map((part) => ({ ...part, text: textOf(Buffer.from(part.payload, "base64")) }));
  const { files: applied, problems } = applying().applyValues("", files, values, {
    placeholder: valueOf,
    sought: soughtIn(known.variable ?? ofProcess, known.references ?? {}),
  });
  const [problem] = problems;
  if (problem) throw new Error(`${problem.file}: ${problem.message}`);
  return applied.map(({ text, ...part }, index) =>
    text === undefined || text === files[index]?.text
      ? part
      : { ...part, payload: Buffer.from(text).toString("base64") },
  );
}

/**
 * The hash of a definition as files and rules make it, before ids are known. Rules that look for what only the service knows
 * count as they are written.
 * @param parts the definition with its values
 */
export function hashWithValues(parts: readonly DefinitionPart[], values: readonly Value[]): string {
  const hash = hashDefinition(parts);
  const lookingFor = values.filter((value) => "find" in value && !value.regex && value.find.startsWith("$workspace."));
  return lookingFor.length === 0
    ? hash
    : createHash("sha256")
        .update(JSON.stringify([hash, lookingFor]))
        .digest("hex");
}

/** A Spark pool of the target, as rules name it. */
export interface NamedPool {
  readonly type: string;
  readonly name: string;
}

/**
 * The definition of an environment with another Spark pool.
 * @param poolId id of the pool. @default type and name, so that a hash can be told before the id is known
 */
export function withPool(
  parts: readonly DefinitionPart[],
  pool: NamedPool | undefined,
  poolId = `${pool?.type} ${pool?.name}`,
): readonly DefinitionPart[] {
  if (!pool) return parts;
  const { SPARK_COMPUTE, withSparkPool } = pools();
  return withTexts(parts, ({ path, text }) => (path === SPARK_COMPUTE ? withSparkPool(text, poolId) : text));
}
