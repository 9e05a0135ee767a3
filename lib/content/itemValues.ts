import { createRequire } from "node:module";
import type { DefinitionPart } from "../api/itemDefinition.ts";
import { textOf } from "./textFiles.ts";
import type * as Applying from "./values/applyValues.ts";
import type { DynamicReference } from "./values/reference.ts";
import type { Value } from "./values/value.ts";

/** Loaded for the first values: most processes never put one in. */
const applying = () => createRequire(import.meta.url)("./values/applyValues.ts") as typeof Applying;

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

/**
 * A definition with its values for one environment.
 * @param valueOf the value of a dynamic reference. @default its own text, so that a hash can be told before ids are known
 * @throws Error if a value cannot be put in
 */
export function withValues(
  parts: readonly DefinitionPart[],
  values: readonly Value[],
  valueOf: (reference: DynamicReference) => string = referenceText,
): readonly DefinitionPart[] {
  if (values.length === 0) return parts;
  const files = parts.map((part) => ({ ...part, text: textOf(Buffer.from(part.payload, "base64")) }));
  const { files: applied, problems } = applying().applyValues("", files, values, { placeholder: valueOf });
  const [problem] = problems;
  if (problem) throw new Error(`${problem.file}: ${problem.message}`);
  return applied.map(({ text, ...part }, index) =>
    text === undefined || text === files[index]?.text
      ? part
      : { ...part, payload: Buffer.from(text).toString("base64") },
  );
}
