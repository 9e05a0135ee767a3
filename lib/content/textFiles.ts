import { textOf, withoutMark } from "../api/plainText.ts";
import type { DefinitionPart } from "../api/itemDefinition.ts";
import type { TextFile } from "./contentRules.ts";

/** The files of a definition that are text. */
export function textFiles(parts: readonly DefinitionPart[]): TextFile[] {
  return parts.flatMap(({ path, payload }) => {
    const text = textOf(Buffer.from(payload, "base64"));
    return text === undefined ? [] : [{ path, text }];
  });
}

/** The value of a JSON text; undefined if the text is not JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(withoutMark(text));
  } catch {
    return undefined;
  }
}

/** A definition with other texts. Files that a change leaves alone stay the same bytes. */
export function withTexts(
  parts: readonly DefinitionPart[],
  change: (file: TextFile) => string,
): readonly DefinitionPart[] {
  return parts.map((part) => {
    const text = textOf(Buffer.from(part.payload, "base64"));
    if (text === undefined) return part;
    const changed = change({ path: part.path, text });
    return changed === text ? part : { ...part, payload: Buffer.from(changed).toString("base64") };
  });
}
