import { RegexRefusal, literal, readClass, readEscape } from "./pythonEscape.ts";

/** A regular expression of Python in JavaScript, with the flags `d` (positions), `g` and `v`. */
export interface TranslatedRegex {
  readonly source: string;
  readonly flags: string;
  /** Number of its groups that capture. */
  readonly groups: number;
  /** Whether it can match an empty text. After such a match Python and JavaScript go on differently. */
  readonly matchesEmpty: boolean;
}

/** Settings that hold for a part of a pattern. */
interface Mode {
  /** `.` means every character. */
  readonly s: boolean;
  /** `^` and `$` mean every line. */
  readonly m: boolean;
  /** White space and comments do not count. */
  readonly x: boolean;
  /** Classes have only ASCII characters. */
  readonly a: boolean;
}

/** A part of a pattern in JavaScript, and what is known of every text that it matches. */
interface Piece {
  readonly js: string;
  readonly min: number;
  readonly max: number;
  readonly groups: number;
  /** Whether the part can match although a group in it captures nothing. */
  readonly isOptional: boolean;
}

/**
 * Translates a regular expression from Python to JavaScript, so that it finds the same. Classes, `.`, `$` and flags that differ
 * are rewritten. Only the Turkish ı and İ differ: in Python they are equal to i if case does not count, and here they are not.
 * @param ignoreCase letters of both cases are equal
 * @returns the translation, or why there is none: `has …`, to be put behind the name of the pattern
 */
export function translateRegex(
  pattern: string,
  ignoreCase: boolean,
): { readonly regex: TranslatedRegex } | { readonly problem: string } {
  try {
    const parser = new Parser(pattern);
    const piece = parser.whole();
    const flags = `dgv${ignoreCase || parser.ignoreCase ? "i" : ""}`;
    const regex = { source: piece.js, flags, groups: piece.groups, matchesEmpty: piece.min === 0 };
    // proves the translation
    new RegExp(regex.source, regex.flags);
    return { regex };
  } catch (error) {
    if (error instanceof RegexRefusal) return { problem: error.message };
    if (error instanceof SyntaxError) return { problem: `cannot be translated from Python: ${error.message}` };
    throw error;
  }
}

class Parser {
  ignoreCase = false;
  #at = 0;
  readonly #pattern: string;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  whole(): Piece {
    const mode = { s: false, m: false, x: false, a: false };
    for (let flags = this.#take(/\(\?([aiLmsux]+)\)/y); flags; flags = this.#take(/\(\?([aiLmsux]+)\)/y)) {
      if (flags[1]?.includes("L")) throw new RegexRefusal("has the flag L, which Python does not allow for texts");
      for (const flag of flags[1] ?? "") {
        if (flag === "i") this.ignoreCase = true;
        else if (flag !== "u") mode[flag as keyof Mode] = true;
      }
    }
    const piece = this.#alternatives(mode);
    if (this.#at < this.#pattern.length) throw new RegexRefusal("has a ) without its (");
    return piece;
  }

  #take(what: RegExp): RegExpExecArray | null {
    what.lastIndex = this.#at;
    const match = what.exec(this.#pattern);
    if (match) this.#at += match[0].length;
    return match;
  }

  #alternatives(mode: Mode): Piece {
    const branches = [this.#sequence(mode)];
    while (this.#take(/\|/y)) branches.push(this.#sequence(mode));
    if (branches.length === 1) return branches[0] as Piece;
    const groups = sum(branches.map((branch) => branch.groups));
    return {
      js: branches.map((branch) => branch.js).join("|"),
      min: Math.min(...branches.map((branch) => branch.min)),
      max: Math.max(...branches.map((branch) => branch.max)),
      groups,
      isOptional: groups > 0,
    };
  }

  #sequence(mode: Mode): Piece {
    const pieces: Piece[] = [];
    for (;;) {
      if (mode.x) this.#take(/(?:[ \t\n\r\v\f]|#[^\n]*)+/y);
      const next = this.#pattern[this.#at];
      if (next === undefined || next === "|" || next === ")") break;
      pieces.push(this.#repeated(mode));
    }
    return {
      js: pieces.map((piece) => piece.js).join(""),
      min: sum(pieces.map((piece) => piece.min)),
      max: sum(pieces.map((piece) => piece.max)),
      groups: sum(pieces.map((piece) => piece.groups)),
      isOptional: pieces.some((piece) => piece.isOptional),
    };
  }

  /** One part with the number of times that it may occur. */
  #repeated(mode: Mode): Piece {
    const before = this.#at;
    const piece = this.#single(mode);
    if (mode.x) this.#take(/(?:[ \t\n\r\v\f]|#[^\n]*)+/y);
    const times = this.#times();
    if (!times) return piece;
    if (piece.js === "" || (piece.max === 0 && this.#pattern[before] !== "(")) {
      throw new RegexRefusal(`repeats ${this.#pattern.slice(before, this.#at)}, in which there is nothing to repeat`);
    }
    if (this.#take(/\+/y)) {
      throw new RegexRefusal(
        "has a possessive quantifier (such as *+), which JavaScript does not have; use a plain one",
      );
    }
    const lazy = this.#take(/\?/y) ? "?" : "";
    const rest = this.#at;
    if (this.#times()) throw new RegexRefusal(`repeats a repetition: ${this.#pattern.slice(before, this.#at)}`);
    this.#at = rest;
    if (piece.groups > 0 && times.max > 1 && (piece.isOptional || piece.min === 0)) {
      throw new RegexRefusal(
        "repeats a group that not every repetition fills; Python keeps what an earlier one found there, and JavaScript does not",
      );
    }
    const max = times.max === Infinity ? "" : String(times.max);
    return {
      js: `(?:${piece.js}){${times.min},${max}}${lazy}`,
      min: piece.min * times.min,
      max: piece.max === 0 || times.max === 0 ? 0 : piece.max * times.max,
      groups: piece.groups,
      isOptional: piece.isOptional || (piece.groups > 0 && times.min === 0),
    };
  }

  #times(): { min: number; max: number } | undefined {
    const sign = this.#take(/[*+?]/y)?.[0];
    if (sign) return { min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Infinity };
    // anything else in braces stands for itself in Python
    const braces = this.#take(/\{(\d*)(,?)(\d*)\}(?<!\{\})/y);
    if (!braces) return undefined;
    const [, low = "", comma, high = ""] = braces;
    const min = low === "" ? 0 : Number(low);
    const max = comma === "" ? min : high === "" ? Infinity : Number(high);
    if (max < min) throw new RegexRefusal(`has ${braces[0]}, whose second number is the smaller one`);
    return { min, max };
  }

  #single(mode: Mode): Piece {
    const codePoint = this.#pattern.codePointAt(this.#at) ?? 0;
    const sign = String.fromCodePoint(codePoint);
    if (sign === "(") return this.#group(mode);
    const before = this.#at;
    this.#at += sign.length;
    if (sign === "[") {
      const { js, end } = readClass(this.#pattern, this.#at, mode.a);
      this.#at = end;
      return one(js);
    }
    if (sign === "\\") {
      const { escape, end } = readEscape(this.#pattern, this.#at, false, mode.a);
      this.#at = end;
      if (escape.kind === "place") return place(escape.js);
      return one(escape.kind === "character" ? literal(escape.codePoint) : escape.js);
    }
    if (sign === ".") return one(mode.s ? "[\\s\\S]" : "[^\\n]");
    if (sign === "^") return place(mode.m ? "(?<![^\\n])" : "^");
    if (sign === "$") return place(mode.m ? "(?![^\\n])" : "(?=\\n?$)");
    this.#at = before;
    if (this.#times()) throw new RegexRefusal(`has ${sign} with nothing before it to repeat`);
    this.#at = before + sign.length;
    return one(literal(codePoint));
  }

  #group(mode: Mode): Piece {
    if (this.#take(/\(\?#[^)]*\)/y)) return place("");
    const around = this.#take(/\(\?(<?[=!])/y)?.[1];
    if (around) return this.#lookAround(around, mode);
    const named = this.#take(/\(\?P<(\w+)>/y);
    if (named ?? this.#take(/\((?!\?)/y)) {
      const inner = this.#inner(mode);
      return { ...inner, js: `(${inner.js})`, groups: inner.groups + 1 };
    }
    const scoped = this.#take(/\(\?([aimsux]*)(?:-([imsx]+))?:/y);
    if (scoped) {
      const [, on = "", off = ""] = scoped;
      if (`${on}${off}`.includes("i")) {
        throw new RegexRefusal("ignores case in a part only; use ignore_case for the whole, or classes such as [Aa]");
      }
      const inner = this.#inner({
        s: (mode.s || on.includes("s")) && !off.includes("s"),
        m: (mode.m || on.includes("m")) && !off.includes("m"),
        x: (mode.x || on.includes("x")) && !off.includes("x"),
        a: (mode.a || on.includes("a")) && !on.includes("u"),
      });
      return { ...inner, js: `(?:${inner.js})` };
    }
    throw new RegexRefusal(this.#unknownGroup());
  }

  #lookAround(around: string, mode: Mode): Piece {
    const inner = this.#inner(mode);
    if (inner.groups > 0) {
      throw new RegexRefusal(
        `has its group in a look-${around.startsWith("<") ? "behind" : "ahead"}, so it is no part of what is found`,
      );
    }
    if (around.startsWith("<") && inner.min !== inner.max) {
      throw new RegexRefusal("has a look-behind of varying length, which Python does not allow");
    }
    return place(`(?${around}${inner.js})`);
  }

  #inner(mode: Mode): Piece {
    const inner = this.#alternatives(mode);
    if (!this.#take(/\)/y)) throw new RegexRefusal("has a ( without its )");
    return inner;
  }

  #unknownGroup(): string {
    const start = this.#pattern.slice(this.#at, this.#at + 6);
    if (/^\(\?P=/.test(start)) {
      return "has (?P=…), which refers to what a group found; that differs between Python and JavaScript, so write it out";
    }
    if (/^\(\?>/.test(start)) return "has an atomic group (?>…), which JavaScript does not have; use (?:…)";
    if (/^\(\?\(/.test(start)) return "has a condition (?(…)…), which JavaScript does not have; use two rules";
    if (/^\(\?[aiLmsux]+\)/.test(this.#pattern.slice(this.#at))) {
      return "has flags in the middle; Python allows them only at the beginning";
    }
    if (/^\(\?<\w/.test(start)) return "has a group (?<name>…), which Python does not know; it writes (?P<name>…)";
    if (/^\(\?#/.test(start)) return "has a comment (?#…) without its )";
    return `has ${start.slice(0, 3)}, which is no group in Python`;
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const one = (js: string): Piece => ({ js, min: 1, max: 1, groups: 0, isOptional: false });
const place = (js: string): Piece => ({ js, min: 0, max: 0, groups: 0, isOptional: false });
