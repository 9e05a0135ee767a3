import { translateRegex } from "./pythonRegex.ts";

/** One step of a JSONPath: what it takes of each value that the steps before it found. */
export type Step =
  | { readonly kind: "members"; readonly names: readonly string[] }
  | { readonly kind: "all members" }
  | { readonly kind: "entry"; readonly index: number }
  | { readonly kind: "entries"; readonly start?: number; readonly end?: number; readonly step: number }
  /** The value itself and everything below it. */
  | { readonly kind: "below" }
  | { readonly kind: "filter"; readonly tests: readonly Test[] };

/** A condition on an entry of a list: what the path finds there must exist, or compare. All conditions of a filter must hold. */
export interface Test {
  readonly path: readonly Step[];
  readonly comparison?: Comparison;
}

/** What a condition compares with. */
export interface Comparison {
  readonly operator: string;
  readonly value: string | number | boolean | RegExp;
  /** The value is a number with a decimal point. */
  readonly isDecimal?: true;
}

/**
 * Reads a JSONPath of the dialect that fabric-cicd uses (jsonpath-ng with its extensions), as far as such a path can name values to
 * replace: members, positions, slices, `*`, `..` and filters with `&`.
 * @returns its steps, or why it is none: `is …`
 */
export function readJsonPath(text: string): { readonly steps: readonly Step[] } | { readonly problem: string } {
  if (!text.trim().startsWith("$")) return { problem: "must begin with $, the whole file" };
  try {
    const steps = new PathParser(text.trim()).whole();
    return steps.length === 0 ? { problem: "names the whole file; name a value in it" } : { steps };
  } catch (error) {
    if (error instanceof PathRefusal) return { problem: error.message };
    throw error;
  }
}

class PathRefusal extends Error {}

const NAME = /[A-Za-z_][\w@-]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y;
const RESERVED = ["where", "wherenot", "true", "false"];

class PathParser {
  #at = 1;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Step[] {
    const steps = this.#steps();
    if (this.#at < this.#text.length) this.#refuse();
    return steps;
  }

  #steps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      if (this.#take(/\[/y)) steps.push(this.#brackets());
      else if (this.#take(/\.\./y)) steps.push({ kind: "below" }, this.#afterDot());
      else if (this.#take(/\./y)) steps.push(this.#afterDot());
      else return steps;
    }
  }

  #afterDot(): Step {
    if (this.#take(/\*/y)) return { kind: "all members" };
    if (this.#take(/\[/y)) return this.#brackets();
    if (this.#take(/-?\d+/y)) throw new PathRefusal("has a number after a dot; write positions as [0]");
    const name = this.#name();
    if (name === undefined) this.#refuse();
    return { kind: "members", names: [name] };
  }

  #brackets(): Step {
    if (this.#take(/\?/y)) {
      const tests = this.#tests();
      this.#close("]");
      return { kind: "filter", tests };
    }
    if (this.#take(/\*/y)) {
      this.#close("]");
      return { kind: "entries", step: 1 };
    }
    const slice = this.#take(/(-?\d+)?\s*:\s*(-?\d+)?(?:\s*:\s*(-?\d+)?)?/y);
    if (slice) {
      const [, start, end, step] = slice;
      if (step !== undefined && Number(step) < 1) throw new PathRefusal("has a slice whose step is not positive");
      this.#close("]");
      return {
        kind: "entries",
        ...(start === undefined ? {} : { start: Number(start) }),
        ...(end === undefined ? {} : { end: Number(end) }),
        step: Number(step ?? 1),
      };
    }
    const index = this.#take(/-?\d+/y);
    if (index) {
      if (this.#take(/,/y))
        throw new PathRefusal("lists positions, which fabric-cicd does not know; use one rule for each");
      this.#close("]");
      return { kind: "entry", index: Number(index[0]) };
    }
    const names: string[] = [];
    do {
      const name = this.#name();
      if (name === undefined) this.#refuse();
      names.push(name);
    } while (this.#take(/,/y));
    this.#close("]");
    return { kind: "members", names };
  }

  #name(): string | undefined {
    const quoted = this.#take(QUOTED);
    if (quoted) return unescaped(quoted[1] ?? quoted[2] ?? "");
    const name = this.#take(NAME)?.[0];
    if (name !== undefined && RESERVED.includes(name)) {
      throw new PathRefusal(`has the word ${name}, which means something else there; write ['${name}']`);
    }
    return name;
  }

  #tests(): Test[] {
    const tests = this.#take(/\(/y) ? this.#tests() : undefined;
    if (tests) this.#close(")");
    const all = tests ?? [this.#test()];
    if (this.#take(/&&|\|\||\band\b|\bor\b|\|/y)) {
      throw new PathRefusal(
        "joins conditions in a way that fabric-cicd does not know; write & for and, and two rules for or",
      );
    }
    return this.#take(/&/y) ? [...all, ...this.#tests()] : all;
  }

  #test(): Test {
    const path: Step[] = [];
    if (!this.#take(/@/y)) {
      const name = this.#name();
      if (name === undefined) this.#refuse();
      path.push({ kind: "members", names: [name] });
    }
    path.push(...this.#steps());
    const operator = this.#take(/=~|==|=|!=|<=|>=|<|>/y)?.[0];
    if (operator === undefined) return { path };
    const before = this.#at;
    const value = this.#literal();
    const isDecimal = typeof value === "number" && this.#text.slice(before, this.#at).includes(".");
    if (operator !== "=~")
      return {
        path,
        comparison: { operator: operator === "=" ? "==" : operator, value, ...(isDecimal && { isDecimal }) },
      };
    const read = translateRegex(String(value), false);
    if ("problem" in read) throw new PathRefusal(`has a regular expression that ${read.problem}`);
    return { path, comparison: { operator, value: new RegExp(read.regex.source, read.regex.flags.replace("g", "")) } };
  }

  #literal(): string | number | boolean {
    const quoted = this.#take(QUOTED);
    if (quoted) return unescaped(quoted[1] ?? quoted[2] ?? "");
    const number = this.#take(/-?\d+(?:\.\d+)?/y)?.[0];
    if (number !== undefined) return Number(number);
    const word = this.#take(NAME)?.[0];
    if (word === undefined) this.#refuse();
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") throw new PathRefusal("compares with null, which fabric-cicd takes for the text null");
    return word;
  }

  #close(sign: ")" | "]"): void {
    if (!this.#take(sign === ")" ? /\)/y : /\]/y)) this.#refuse();
  }

  /** Takes what comes next, if it is this; white space before it does not count. */
  #take(what: RegExp): RegExpExecArray | null {
    const space = /[ \t]*/y;
    space.lastIndex = this.#at;
    space.exec(this.#text);
    what.lastIndex = space.lastIndex;
    const match = what.exec(this.#text);
    if (match) this.#at = what.lastIndex;
    return match;
  }

  #refuse(): never {
    const rest = this.#text.slice(this.#at).trim();
    if (rest.startsWith("`"))
      throw new PathRefusal("has an operator in ` `, which names no value that can be replaced");
    if (rest.startsWith("|")) throw new PathRefusal("joins two paths with |; use one rule for each");
    if (rest === "") throw new PathRefusal("ends too early");
    const shown = rest.length > 20 ? `${rest.slice(0, 20)}…` : rest;
    throw new PathRefusal(`is not understood from ${shown} on; names with other signs than letters need ['…']`);
  }
}

const unescaped = (text: string) => text.replace(/\\(.)/gs, "$1");
