import type { Document, LineCounter, YAMLParseError, visit } from "yaml";

/** A syntax error of a YAML text. */
export interface YamlFault {
  /** Where it is, in characters from the begin of the text. */
  readonly at: number;
  readonly message: string;
}

/** A text that was parsed, and the parser's means to look at it. */
export interface ParsedText {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  /** The library's own, which is loaded late. */
  readonly visit: typeof visit;
}

const INDENTED = "this line is indented differently from its neighbours";

/** Says the commonest errors in plain words, which name what to change; the others in those of the library. Pure. */
export function yamlFault(error: YAMLParseError, parsed: ParsedText): YamlFault {
  const { text, lines } = parsed;
  const { code, message } = error;
  const [at, end] = error.pos;
  if (code === "MULTIPLE_DOCS") return { at, message: "a second document begins here (---)" };
  if (/^Flow (map|sequence) .*end with a [}\]]/.test(message)) return notClosed(at, parsed) ?? { at, message };
  if (/^All (mapping|sequence) items must start at the same column/.test(message)) return indented(at);
  if (message.startsWith("Sequence item without -"))
    return indented(at, `${INDENTED}, or lacks the - of an entry of a list`);
  if (code !== "BLOCK_AS_IMPLICIT_KEY") return { at, message };
  if (message.startsWith("A block sequence")) return indented(at);
  const [line = ""] = text.slice(at).split("\n");
  if (/^["'[{&*!|>]/.test(line)) return { at, message };
  if (/:\s/.test(`${line} `)) return { at, message: "a text that contains ': ' needs quotes" };
  // the text goes on in a line that is a key of its own
  const next = text.indexOf("\n", Math.min(at, end)) + 1;
  return next > 0 && /^\s*[^\s#].*:(\s|$)/m.test(text.slice(next).split("\n")[0] ?? "")
    ? indented(next)
    : { at, message };

  /** The first character of the line that has the offset. */
  function indented(offset: number, message = INDENTED): YamlFault {
    const begin = lines.lineStarts[lines.linePos(offset).line - 1] ?? offset;
    return { at: begin + (/^[ \t]*/.exec(text.slice(begin))?.[0].length ?? 0), message };
  }
}

/** Names the bracket that is still open at an offset. */
function notClosed(at: number, { text, document, lines, visit }: ParsedText): YamlFault | undefined {
  let open: number | undefined;
  visit(document, {
    Collection(_key, { flow, range }) {
      const [begin = at, end = at] = range ?? [];
      if (flow && begin < at && !(end <= at && /[}\]]/.test(text[end - 1] ?? ""))) open = begin;
    },
  });
  if (open === undefined) return undefined;
  return { at, message: `the ${text[open]} of line ${lines.linePos(open).line} is not closed` };
}
