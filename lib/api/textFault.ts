import { createRequire } from "node:module";
import type * as Jsonc from "jsonc-parser";
import { lineAt, withoutMark } from "./plainText.ts";

// loaded only for a file that is wrong, or may be
const jsonc = () => createRequire(import.meta.url)("jsonc-parser") as typeof Jsonc;

/** What is wrong with a text, and in which line; the first line is 1. */
export interface TextFault {
  readonly message: string;
  readonly line?: number;
}

const LFS_POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\//;
const CONFLICT = /^<{7} [^]*?^={7}\r?$[^]*?^>{7} /m;

/** What Git leaves in a file instead of its content; undefined if there is nothing of that kind. */
export function gitFault(text: string): TextFault | undefined {
  if (LFS_POINTER.test(text)) return { message: "is a pointer of Git LFS, and not the file itself: run git lfs pull" };
  const conflict = text.includes("<<<<<<< ") ? CONFLICT.exec(text) : null;
  return conflict ? { message: "has the marks of a merge conflict", line: lineAt(text, conflict.index) } : undefined;
}

/** What is wrong with a text that must be JSON; undefined if it is JSON. The message never repeats the text. */
export function jsonFault(marked: string): TextFault | undefined {
  const text = withoutMark(marked);
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const fault = gitFault(text);
    if (fault) return fault;
    if (text.trim() === "") return { message: "is not valid JSON: it is empty" };
    const { printParseErrorCode, parse } = jsonc();
    const errors: Jsonc.ParseError[] = [];
    parse(text, errors, { disallowComments: true });
    const [error] = errors;
    if (!error) return { message: "is not valid JSON" };
    const isComment = printParseErrorCode(error.error) === "InvalidCommentToken";
    const isComma = /,\s*$/.test(text.slice(0, error.offset)) && /^\s*[}\]]/.test(text.slice(error.offset));
    const why = isComment ? ": it must not have comments" : isComma ? ": a comma stands before the end" : "";
    return { message: `is not valid JSON${why}`, line: lineAt(text, error.offset) };
  }
}

/**
 * The first key that an object of a JSON text has twice. Readers take the last one, and nobody sees it.
 * @param keys the keys that matter; others are not looked at
 */
export function doubledKey(text: string, keys: readonly string[]): TextFault | undefined {
  const mayBeDoubled = keys.some((key) => text.split(JSON.stringify(key)).length > 2);
  if (!mayBeDoubled) return undefined;
  const holders: Set<string>[] = [];
  let fault: TextFault | undefined;
  jsonc().visit(text, {
    onObjectBegin: () => void holders.push(new Set()),
    onObjectEnd: () => void holders.pop(),
    onObjectProperty(key, offset) {
      const own = holders.at(-1);
      if (own?.has(key) && keys.includes(key))
        fault ??= { message: `has ${key} twice in one object`, line: lineAt(text, offset) };
      own?.add(key);
    },
  });
  return fault;
}
