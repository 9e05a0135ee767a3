import { ifFormat, inOperation, needsParts, ofDefinition } from "./check.ts";
import type { Check } from "./check.ts";
import { textOf } from "./definition.ts";

/**
 * First line of a notebook's source in Git format, by the suffix of its file.
 * @see https://learn.microsoft.com/rest/api/fabric/articles/item-management/definitions/notebook-definition
 */
const prologues: Readonly<Record<string, string>> = {
  ".py": "# Fabric notebook source",
  ".r": "# Fabric notebook source",
  ".scala": "// Fabric notebook source",
  ".sql": "-- Fabric notebook source",
};

/**
 * Without a format, the service converts the first content part from Git's source format to Jupyter's. It fails at other
 * files, such as `.ipynb`, or `notebook-settings.json` before the content, and at a source without the first line that marks it.
 * @see https://github.com/microsoft/fabric-cicd/issues/846
 * @see https://github.com/microsoft/fabric-cicd/issues/869
 * @see https://github.com/microsoft/skills-for-fabric (the troubleshooting table of its CI/CD skill has the prologue)
 */
const gitSource: Check = ofDefinition(({ parts }) => {
  const content = parts.find(({ path }) => !path.startsWith("."));
  if (!content) return undefined;
  const suffix = /\.[^./]*$/.exec(content.path)?.[0].toLowerCase() ?? "";
  const prologue = prologues[suffix];
  const failed = (why: string) => inOperation("PyToIPynbFailure", `Convert py to ipynb failed ${why}`);
  if (prologue === undefined)
    return failed(`with unexpected error, System.ArgumentException: The file suffix type ${suffix} is not supported.`);
  const [first] = textOf(content)
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/, 1);
  return first?.trimEnd() === prologue ? undefined : failed(`: prologue is invalid. Expected prologue: ${prologue}`);
});

const isIpynb = (format: string) => format === "ipynb";

/** Checks of notebooks. */
export const notebookChecks: readonly Check[] = [
  needsParts([/^[^.]/], "The definition has no content."),
  ifFormat((format) => !isIpynb(format), gitSource),
  // documented: `.ipynb` for format ipynb
  ifFormat(isIpynb, needsParts([/\.ipynb$/])),
];
