/** What cannot be said in JavaScript, or is no regular expression in Python either. The message follows the name of the pattern. */
export class RegexRefusal extends Error {
  override readonly name = "RegexRefusal";
}

/** One escape sequence: a character, a class of characters, or a place in the text. */
export type Escape =
  | { readonly kind: "character"; readonly codePoint: number }
  | { readonly kind: "class"; readonly js: string }
  | { readonly kind: "place"; readonly js: string };

/** The characters of Python's classes. JavaScript's own `\d`, `\w` and `\s` are other ones: ASCII only, or with other spaces. */
const classes: Readonly<Record<string, { readonly unicode: string; readonly ascii: string }>> = {
  d: { unicode: "\\p{Nd}", ascii: "0-9" },
  w: { unicode: "\\p{L}\\p{N}_", ascii: "A-Za-z0-9_" },
  s: {
    unicode: "\\x09-\\x0d\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000",
    ascii: "\\x09-\\x0d\\x20",
  },
};

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
/** Digits after the letter of an escape by number. */
const lengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Reads an escape sequence.
 * @param at position after the backslash
 * @param inClass whether it stands between `[` and `]`
 * @param ascii whether classes have only ASCII characters (`(?a)`)
 * @throws RegexRefusal
 */
export function readEscape(
  pattern: string,
  at: number,
  inClass: boolean,
  ascii: boolean,
): { readonly escape: Escape; readonly end: number } {
  const letter = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
  if (at >= pattern.length) throw new RegexRefusal("ends with a single \\");
  const end = at + letter.length;
  const category = classes[letter.toLowerCase()];
  if (category) {
    const members = ascii ? category.ascii : category.unicode;
    const isNegated = letter !== letter.toLowerCase();
    return { escape: { kind: "class", js: `[${isNegated ? "^" : ""}${members}]` }, end };
  }
  if (letter in controls) return { escape: character(controls[letter] ?? 0), end };
  if (letter in lengths) return byNumber(pattern, at, lengths[letter] ?? 0);
  if (letter === "N") throw new RegexRefusal("has \\N{…}; write the character itself, or its number as \\uXXXX");
  if (/[0-9]/.test(letter)) return octal(pattern, at, inClass);
  if (inClass && letter === "b") return { escape: character(8), end };
  if (!inClass && "AZbB".includes(letter)) return { escape: { kind: "place", js: placeOf(letter, ascii) }, end };
  if (/[A-Za-z]/.test(letter)) throw new RegexRefusal(`has \\${letter}, which means nothing in Python`);
  return { escape: character(letter.codePointAt(0) ?? 0), end };
}

const character = (codePoint: number): Escape => ({ kind: "character", codePoint });

function placeOf(letter: string, ascii: boolean): string {
  if (letter === "A") return "^";
  if (letter === "Z") return "$";
  const word = `[${ascii ? classes["w"]?.ascii : classes["w"]?.unicode}]`;
  return letter === "b"
    ? `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`
    : `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;
}

function byNumber(pattern: string, at: number, length: number): { escape: Escape; end: number } {
  const end = at + 1 + length;
  const digits = pattern.slice(at + 1, end);
  const codePoint = Number.parseInt(digits, 16);
  if (!/^[\da-f]+$/i.test(digits) || digits.length < length || codePoint > 0x10ffff) {
    throw new RegexRefusal(`has \\${pattern[at]} without the ${length} hexadecimal digits of a character`);
  }
  return { escape: character(codePoint), end };
}

/** `\0`, `\012` and `\101` are characters; other numbers stand for what a group found. */
function octal(pattern: string, at: number, inClass: boolean): { escape: Escape; end: number } {
  const digits = (inClass ? /^[0-7]{1,3}/ : /^(?:0[0-7]{0,2}|[0-7]{3})/).exec(pattern.slice(at))?.[0];
  if (digits === undefined) {
    throw new RegexRefusal(
      `has \\${pattern[at]}, which refers to what a group found; that differs between Python and JavaScript, so write it out`,
    );
  }
  const codePoint = Number.parseInt(digits, 8);
  if (codePoint > 0o377) throw new RegexRefusal(`has \\${digits}, which is no character: octal numbers end at \\377`);
  return { escape: character(codePoint), end: at + digits.length };
}

/** A character as it stands for itself in a JavaScript pattern, also in a class. */
export function literal(codePoint: number): string {
  const text = String.fromCodePoint(codePoint);
  return /^[A-Za-z0-9]$/.test(text) ? text : `\\u{${codePoint.toString(16)}}`;
}

/**
 * Reads a class of characters.
 * @param at position after `[`
 * @throws RegexRefusal
 */
export function readClass(pattern: string, at: number, ascii: boolean): { readonly js: string; readonly end: number } {
  let position = at;
  const isNegated = pattern[position] === "^";
  if (isNegated) position++;
  const first = position;
  const take = (): Escape => {
    const codePoint = pattern.codePointAt(position);
    if (codePoint === undefined) throw new RegexRefusal("has a [ without its ]");
    position += codePoint > 0xffff ? 2 : 1;
    if (codePoint !== 0x5c) return character(codePoint);
    const { escape, end } = readEscape(pattern, position, true, ascii);
    position = end;
    return escape;
  };
  let js = "";
  // a ] at the very beginning stands for itself
  while (pattern[position] !== "]" || position === first) {
    const low = take();
    if (pattern[position] !== "-" || pattern[position + 1] === "]") {
      js += low.kind === "character" ? literal(low.codePoint) : low.js;
      continue;
    }
    position++;
    const high = take();
    if (low.kind !== "character" || high.kind !== "character" || high.codePoint < low.codePoint) {
      throw new RegexRefusal("has a range in [ ] that does not go from one character to a later one");
    }
    js += `${literal(low.codePoint)}-${literal(high.codePoint)}`;
  }
  return { js: `[${isNegated ? "^" : ""}${js}]`, end: position + 1 };
}
