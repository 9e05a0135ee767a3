/* HTML from values of others: what is put into a template is escaped, unless it is markup itself. */

/** Text that is HTML. */
export class Markup {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}

/** What a template takes. Absent values leave nothing. */
export type Fillable = string | number | Markup | false | undefined | readonly Fillable[];

/** A template of HTML. Its values are escaped, also within attributes in quotes. */
export function markup(parts: TemplateStringsArray, ...values: readonly Fillable[]): Markup {
  return new Markup(parts.map((part, index) => part + filled(values[index])).join(""));
}

function filled(value: Fillable): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.html;
  if (typeof value === "object") return value.map(filled).join("");
  return escaped(String(value));
}

const NAMES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text without any meaning in HTML. Characters that turn the direction of text around are shown, not obeyed. */
const escaped = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => NAMES[character] ?? "")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** JSON for an element `script`: nothing in it can end the element. */
export const scriptData = (value: unknown): Markup =>
  new Markup(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
