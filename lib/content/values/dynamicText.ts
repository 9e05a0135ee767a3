import { readReference } from "./reference.ts";
import type { DynamicReference } from "./reference.ts";

/** A text in its parts: what stands there, and what is put in. */
export type DynamicText = readonly (string | DynamicReference)[];

const VARIABLE = /\$ENV:([\p{L}\p{N}_]*)/gu;

/**
 * A text with the dynamic values in it. `$items…` and `$workspace…` are a value's whole text; `$ENV:NAME` may stand anywhere in
 * it, also several times.
 * @param options.environmentVariables the variables that `$ENV:` may take; true for all
 */
export function readDynamicText(
  text: string,
  options: { readonly environmentVariables: boolean | readonly string[] },
): { readonly parts: DynamicText } | { readonly problem: string } {
  const names = [...text.matchAll(VARIABLE)].map(([, name]) => name ?? "");
  if (names.length > 0) {
    if (names.includes("")) return { problem: "has $ENV: without the name of a variable" };
    const { environmentVariables } = options;
    const allowed = environmentVariables === true ? names : environmentVariables || [];
    const refused = names.find((name) => !allowed.includes(name));
    if (refused !== undefined) {
      const takes = `takes the environment variable ${refused}`;
      if (allowed.length === 0) return { problem: `${takes}, but values from the environment are not allowed` };
      return { problem: `${takes}, which fabric:environmentVariables does not name` };
    }
    if (/^\$(items|workspace)\./.test(text)) {
      return { problem: "has $ENV: inside another dynamic value; write the names there as they are" };
    }
    return { parts: partsOf(text) };
  }
  if (!text.startsWith("$")) return { parts: [text] };
  if (/^\$env:/i.test(text)) return { problem: "spells $ENV: in another case" };
  const read = readReference(text);
  return "problem" in read ? read : { parts: [read.reference] };
}

/**
 * The parts of a text that {@link readDynamicText} accepted before.
 * @throws Error if it did not
 */
export function dynamicText(text: string): DynamicText {
  const read = readDynamicText(text, { environmentVariables: true });
  if ("problem" in read) throw new Error(`A value ${read.problem}.`);
  return read.parts;
}

function partsOf(text: string): DynamicText {
  const parts: (string | DynamicReference)[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    parts.push(text.slice(from, match.index), { kind: "environment variable", name: match[1] ?? "" });
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== "");
}
