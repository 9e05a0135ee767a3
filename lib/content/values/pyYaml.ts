import { createRequire } from "node:module";
import type * as Yaml from "yaml";

/** The YAML library. It is loaded only for the first file, as in lib/config/yamlFile.ts: most processes never read one. */
export const yaml = () => createRequire(import.meta.url)("yaml") as typeof Yaml;

/** Texts without quotes that Python's reader takes for a value of a type, by the tests of the library that it replaces. */
const tests = new Map(
  Object.entries({
    "^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$": /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
    "^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$": /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
    "^[-+]?[0-9][0-9_]*$": /^[-+]?(?:0|[1-9][0-9_]*)$/,
    "^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+$": /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/,
    "^[-+]?(?:[0-9][0-9_]*)?\\.[0-9_]*$": /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/,
    "^[-+]?(?:[0-9][0-9_]*)?(?:\\.[0-9_]*)?[eE][-+]?[0-9]+$":
      /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/,
  }),
);

/**
 * Reads a YAML text as Python's reader does, which fabric-cicd uses. That is YAML 1.1, in which `yes` and `off` are booleans, with
 * exceptions: `y`, `08` and `1e5` are text.
 */
export function parsePyYaml(text: string, lineCounter?: Yaml.LineCounter): Yaml.Document.Parsed {
  return yaml().parseDocument(text, {
    ...(lineCounter && { lineCounter }),
    prettyErrors: false,
    // repeated keys are the caller's concern
    uniqueKeys: false,
    logLevel: "error",
    version: "1.1",
    customTags: (tags) =>
      tags.map((tag) => {
        if (typeof tag === "string" || !("test" in tag) || !tag.test) return tag;
        return { ...tag, test: tests.get(tag.test.source) ?? tag.test };
      }),
  });
}
