/*
 * Makes untrusted text safe in Markdown. Values come from the service, and from files that a pull request can change, so
 * nothing in them may become markup, a mention or a link. All such text is in `<code>` or `<pre>`, where Markdown services look
 * for no mentions and links. Characters that could be markup become character references, which never are.
 */

/** Longest value that is shown, in characters. */
const LONGEST_VALUE = 80;
/** Longest message that is shown, in characters. */
const LONGEST_MESSAGE = 4_000;

/** Characters that have no meaning for any renderer. */
const PLAIN = /[\p{L}\p{M}\p{N} .,:;/=+(){}'"?%…-]/u;
/** Characters that are invisible, or change the direction of surrounding text. */
const INVISIBLE = /\p{C}|\p{Zl}|\p{Zp}/u;

function referencesFor(text: string): string {
  return Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (INVISIBLE.test(character)) return `&#92;u&#123;${point.toString(16)}&#125;`;
    return PLAIN.test(character) ? character : `&#${point};`;
  }).join("");
}

/** The text, without its middle if it is too long. */
function cut(text: string, longest: number): string {
  const characters = Array.from(text);
  if (characters.length <= longest) return text;
  const half = Math.floor((longest - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}

/** A value or name in one line. A long one loses its middle. */
export function code(text: string): string {
  return `<code>${referencesFor(cut(text, LONGEST_VALUE))}</code>`;
}

/** The whole text in one line, however long, for people to copy. */
export function wholeCode(text: string): string {
  return `<code>${referencesFor(text)}</code>`;
}

/** A message, with its lines. */
export function block(text: string): string {
  const lines = cut(text, LONGEST_MESSAGE).split(/\r?\n/);
  return `<pre>${lines.map(referencesFor).join("\n")}</pre>`;
}
