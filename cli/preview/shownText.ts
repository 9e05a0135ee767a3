import type { Redaction } from "../../lib/telemetry/redaction.ts";
import { isUnknown } from "../../providers/engine/field.ts";
import { block, code, wholeCode } from "./inertText.ts";
import type { PropertyChange } from "./previewChanges.ts";

/** Most properties that one line shows. */
const MOST_PROPERTIES = 12;

/** Texts of a preview as Markdown, without secrets and without active content. */
export class ShownText {
  readonly #redaction: Redaction;

  /** @param redaction removes secrets, by names and values, that the CLI does not mask */
  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  name(text: string): string {
    return code(this.#redaction.text(text));
  }

  /** A command to copy. */
  command(text: string): string {
    return wholeCode(this.#redaction.text(text));
  }

  message(text: string): string {
    return block(this.#redaction.text(text));
  }

  /** The value of a property. */
  value(property: string, value: unknown): string {
    if (value === undefined) return "none";
    if (isUnknown(value)) return "known after the deployment";
    return code(this.#redaction.properties({ [property]: value })[property] || '""');
  }

  /** Properties, `old → new` each. */
  changes(changes: readonly PropertyChange[]): string {
    return listed(
      changes,
      ({ property, before, after }) =>
        `${this.name(property)} ${this.value(property, before)} → ${this.value(property, after)}`,
    );
  }

  /** The properties of a new object, without those that carry no information. */
  properties(changes: readonly PropertyChange[]): string {
    const telling = changes.filter(({ property, after }) => Boolean(after) && property !== "workspaceId");
    return listed(telling, ({ property, after }) => `${this.name(property)} ${this.value(property, after)}`);
  }
}

function listed(changes: readonly PropertyChange[], line: (change: PropertyChange) => string): string {
  const more = changes.length - MOST_PROPERTIES;
  return [...changes.slice(0, MOST_PROPERTIES).map(line), ...(more > 0 ? [`${more} more`] : [])].join("<br>");
}
