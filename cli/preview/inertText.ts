/*
 * Text of others in Markdown. Values come from files that a pull request changes, and from the service, so nothing in them
 * may become markup, a mention or a link. Everything stands in `<code>` or `<pre>`: there, services that show Markdown look
 * for no mentions and links; and what could be markup stands as a character reference, which never is.
 */

/** Longest value that is shown, in characters. */
const LONGEST_VALUE = 80;
/** Longest message that is shown, in characters. */
const LONGEST_MESSAGE = 4_000;

/** Characters that no renderer gives a meaning to. */
const PLAIN = /[\p{L}\p{M}\p{N} .,:;/=+(){}'"?%…-]/u;
/** Characters that are invisible, or change the direction of the text around them. */
const INVISIBLE = /\p{C}|\p{Zl}|\p{Zp}/u;

function referencesFor(text: string): string {
  return Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (INVISIBLE.test(character)) return `&#92;u&#123;${point.toString(16)}&#125;`;
    return PLAIN.test(character) ? character : `&#${point};`;
  }).join("");
}

/** The text without its middle, if it is longer. */
function cut(text: string, longest: number): string {
  const characters = Array.from(text);
  if (characters.length <= longest) return text;
  const half = Math.floor((longest - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}

/** A value or a name in one line; long ones lose their middle. */
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
