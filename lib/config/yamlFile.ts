import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { messageOf } from "../api/messageOf.ts";
import { yamlFault } from "./yamlFault.ts";

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
 * The content of a YAML text, as Pulumi reads its own files: with merge keys (`<<`), and anchors used as often as one likes.
 * @param file source of the text, for messages
 * @throws Error like {@link readYamlFile}
 */
export function parseYaml(text: string, file: string): unknown {
  const { LineCounter, parseDocument, visit } = yaml();
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true });
  const [error] = document.errors;
  if (error) {
    const fault = yamlFault(error, { text, document, lines: lineCounter, visit });
    throw invalid(fault.at, fault.message);
  }
  try {
    return document.toJS({ maxAliasCount: -1 });
  } catch (error) {
    let place = 0;
    visit(document, {
      Alias(_key, alias) {
        if (alias.resolve(document)) return undefined;
        place = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    throw invalid(place, messageOf(error));
  }

  function invalid(offset: number, message: string): Error {
    const { line, col } = lineCounter.linePos(offset);
    return new Error(`${file}:${line}:${col} is not valid YAML: ${message}`);
  }
}
