import { dynamicText } from "./dynamicText.ts";
import type { DynamicReference } from "./reference.ts";
import type { Value } from "./value.ts";

/** References of values, each once. */
export interface ReferencesOfValues {
  /** What is put in: known at the latest when the item is written. */
  readonly toPutIn: readonly DynamicReference[];
  /** What is looked for in the files: has to be known before values are applied. */
  readonly toFind: readonly DynamicReference[];
}

/**
 * The references that values need.
 * @throws Error if a value cannot be understood
 */
export function dynamicReferencesIn(values: readonly Value[]): ReferencesOfValues {
  const inTexts = (texts: readonly string[]) => {
    const references = texts.flatMap((text) => dynamicText(text).filter((part) => typeof part !== "string"));
    return [...new Map(references.map((reference) => [JSON.stringify(reference), reference])).values()];
  };
  return {
    toPutIn: inTexts(values.map(({ to }) => to).filter((to) => typeof to === "string")),
    toFind: inTexts(values.flatMap((value) => ("find" in value && !value.regex ? [value.find] : []))),
  };
}
