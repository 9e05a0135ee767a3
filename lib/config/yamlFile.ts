import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type * as Yaml from "yaml";

// loaded by the first text only: every provider process would pay ten megabytes for it, and nearly none reads YAML
const yaml = () => createRequire(import.meta.url)("yaml") as typeof Yaml;

/**
 * The content of a YAML file.
 * @throws Error naming the file, the line and the column of the first thing that is no YAML
 */
export function readYamlFile(file: string): unknown {
  return parseYaml(readFileSync(file, "utf8"), file);
}

/**
 * The content of a YAML text.
 * @param file where it is from, for messages
 * @throws Error as {@link readYamlFile} does
 */
export function parseYaml(text: string, file: string): unknown {
  const { LineCounter, parseDocument } = yaml();
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (!error) return document.toJS();
  const { line, col } = lineCounter.linePos(error.pos[0]);
  throw new Error(`${file}:${line}:${col} is not valid YAML: ${error.message}`);
}
