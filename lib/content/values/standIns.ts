import { createHash } from "node:crypto";
import type { DynamicReference } from "./reference.ts";
import { dynamicText } from "./dynamicText.ts";

/**
 * Texts that stand for dynamic values while values are applied one after the other. Each looks like an id, because the real value
 * mostly is one: a later rule finds it where it would find the real one, and cannot find a part of its description.
 */
export class StandIns {
  readonly #used = new Map<string, { readonly reference: DynamicReference; readonly isQuoted: boolean }>();

  /**
   * A text as it was written, with a stand-in for each dynamic value in it.
   * @param isQuoted whether the text is put between the double quotes of JSON or YAML
   */
  textOf(written: string, isQuoted: boolean): string {
    return dynamicText(written)
      .map((part) => (typeof part === "string" ? part : this.#standIn(part, isQuoted)))
      .join("");
  }

  /** A text in which every stand-in is replaced by what `placeholder` gives for it. */
  resolved(text: string, placeholder: (reference: DynamicReference) => string): string {
    return [...this.#used].reduce((result, [standIn, { reference, isQuoted }]) => {
      if (!result.includes(standIn)) return result;
      const real = placeholder(reference);
      return result.replaceAll(standIn, () => (isQuoted ? JSON.stringify(real).slice(1, -1) : real));
    }, text);
  }

  #standIn(reference: DynamicReference, isQuoted: boolean): string {
    const digits = createHash("sha256")
      .update(JSON.stringify([reference, isQuoted]))
      .digest("hex");
    const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
    this.#used.set(id, { reference, isQuoted });
    return id;
  }
}
