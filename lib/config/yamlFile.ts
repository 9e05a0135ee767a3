import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type * as Yaml from "yaml";

// loaded only for the first text: YAML costs every provider process ten megabytes, and hardly any process reads it
const yaml = () => createRequire(import.meta.url)("yaml") as typeof Yaml;

/**
 * The content of a YAML file.
 * @throws Error with the file, line and column of the first syntax error
 */
export function readYamlFile(file: string): unknown {
  return parseYaml(readFileSync(file, "utf8"), file);
}

/**
 * The content of a YAML text.
 * @param file source of the text, for messages
 * @throws Error like {@link readYamlFile}
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
