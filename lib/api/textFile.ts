import { lstatSync, readFileSync, statSync } from "node:fs";
import { textOf, withoutMark } from "./plainText.ts";

/**
 * The text of a file that must be UTF-8, without its byte order mark.
 * @param name how the message names the file. @default the path
 * @throws Error if the path is no file, or the file is no such text
 */
export function readTextFile(path: string, name = path): string {
  if (statSync(path).isDirectory()) throw new Error(`${name} is a folder, and must be a file.`);
  const text = textOf(readFileSync(path));
  if (text === undefined) throw new Error(`${name} is not UTF-8 text: save it as UTF-8.`);
  return withoutMark(text);
}

/** {@link readTextFile} of a file that must lie there itself: a link could name any file of this machine. */
export function readOwnTextFile(path: string, name = path): string {
  if (lstatSync(path).isSymbolicLink()) throw new Error(`${name} is a symbolic link. Put the file itself there.`);
  return readTextFile(path, name);
}
