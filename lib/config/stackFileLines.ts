import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import type * as Yaml from "yaml";
import { stackFileOf } from "../project/projectFile.ts";
import type { ConfigPath } from "./problem.ts";

// loaded only for a message: YAML costs ten megabytes
const yaml = () => createRequire(import.meta.url)("yaml") as typeof Yaml;

/** Where a value stands: `Pulumi.dev.yaml:14`; undefined if the stack's file does not hold it there. */
export type PlaceOf = (path: ConfigPath) => string | undefined;

/**
 * Finds values in a stack's file, for messages. The configuration may come from elsewhere, so that nothing else depends on it.
 * @param stack name of the stack
 */
export function stackFileLines(projectRoot: string, stack: string, env: NodeJS.ProcessEnv): PlaceOf {
  try {
    const file = stackFileOf(projectRoot, stack, env);
    const lineOf = linesOf(readFileSync(file, "utf8"), 2);
    return ([first, ...rest]) => {
      const line = lineOf(["config", `fabric:${first}`, ...rest]);
      return line === undefined ? undefined : `${basename(file)}:${line}`;
    };
  } catch {
    return () => undefined;
  }
}

/**
 * Finds the lines of values in a YAML text: where a value begins, or the object that lacks it.
 * @param least steps of a path that the text must have, so that the line says something
 */
export function linesOf(text: string, least: number): (path: ConfigPath) => number | undefined {
  const { LineCounter, isNode, parseDocument } = yaml();
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  return function lineOf(path): number | undefined {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line;
    return path.length > least ? lineOf(path.slice(0, -1)) : undefined;
  };
}
