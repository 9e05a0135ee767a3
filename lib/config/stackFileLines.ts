import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import type * as Yaml from "yaml";
import { stackFileOf } from "./projectFile.ts";
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
    const { LineCounter, isMap, isNode, parseDocument } = yaml();
    const lineCounter = new LineCounter();
    const document = parseDocument(readFileSync(file, "utf8"), { lineCounter });
    const config = document.get("config");
    if (!isMap(config)) return () => undefined;
    return ([first, ...rest]) => {
      const start = innermost([`fabric:${first}`, ...rest]);
      return start === undefined ? undefined : `${basename(file)}:${lineCounter.linePos(start).line}`;
    };

    /** Where a value begins, or the object that lacks it. */
    function innermost(path: ConfigPath): number | undefined {
      const node = isMap(config) ? config.getIn(path, true) : undefined;
      if (isNode(node)) return node.range?.[0];
      return path.length > 1 ? innermost(path.slice(0, -1)) : undefined;
    }
  } catch {
    return () => undefined;
  }
}
