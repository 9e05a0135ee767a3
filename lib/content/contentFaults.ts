import { createRequire } from "node:module";
import { posix } from "node:path";
import { lineAt, withoutMark } from "../api/plainText.ts";
import { gitFault, jsonFault } from "../api/textFault.ts";
import type { TextFault } from "../api/textFault.ts";
import { isJsonFile, mainFiles, missingContent } from "./contentRules.ts";
import type { TextFile } from "./contentRules.ts";
import { jsonIn } from "./textFiles.ts";
import { ZERO_ID } from "./gitIds.ts";
import type * as Source from "./values/source.ts";
import { REPORT_FILE, namesModel } from "./modelOfReport.ts";

/**
 * What is wrong with the files of an item: what the service would refuse in the middle of a deployment, and what would be
 * deployed instead of what was meant.
 * @param path the item's folder, for the messages
 * @param paths all files of the item
 * @param texts those that are text
 * @returns a message for each fault
 */
export function contentFaults(
  type: string,
  path: string,
  { paths, texts }: { readonly paths: readonly string[]; readonly texts: readonly TextFile[] },
): string[] {
  const missing = missingContent(type, paths);
  const main = mainFiles(type, paths);
  const inside = paths.filter((one) => one.endsWith("/.platform")).map((one) => posix.dirname(one));
  return [
    ...(missing === undefined ? [] : [`${path} has no ${missing}, without which the service refuses it`]),
    ...(type === "Notebook" && main.length > 1
      ? [`${path} has ${main.join(" and ")}: a notebook has one of them`]
      : []),
    ...inside.map((folder) => `${path}/${folder} is an item inside of another item: put it beside that item`),
    ...main
      .filter((one) => !/\.(?:rdl|dacpac)$/i.test(one) && !texts.some((text) => text.path === one))
      .map((one) => `${path}/${one} is not UTF-8 text: save it as UTF-8`),
    ...texts.flatMap((text) => {
      const fault = faultOf(type, text);
      const line = fault?.line === undefined ? "" : `:${fault.line}`;
      return fault ? [`${path}/${text.path}${line} ${fault.message}`] : [];
    }),
  ];
}

/** Loaded for the first environment: most folders have none. */
const yaml = () => createRequire(import.meta.url)("./values/source.ts") as typeof Source;

/** Files that the service reads as YAML. */
const YAML_FILE = /^(?:Setting\/Sparkcompute|Libraries\/PublicLibraries\/environment)\.yml$/i;

function faultOf(type: string, file: TextFile): TextFault | undefined {
  const { path, text } = file;
  if (path === ".platform") return undefined;
  const isYaml = type === "Environment" && YAML_FILE.test(path);
  return (
    (isJsonFile(type, path) ? jsonFault(text) : gitFault(withoutMark(text))) ??
    (isYaml ? yamlFault(file) : faultsOfContent[type]?.(file))
  );
}

/** What makes a text no YAML at all. */
function yamlFault({ path, text }: TextFile): TextFault | undefined {
  const { source, problems } = yaml().yamlSource(text, path);
  return source ? undefined : problems[0];
}

/**
 * First line of a notebook's source, by the suffix of its file.
 * @see https://learn.microsoft.com/rest/api/fabric/articles/item-management/definitions/notebook-definition
 */
const FIRST_LINES: Readonly<Record<string, string>> = {
  "notebook-content.py": "# Fabric notebook source",
  "notebook-content.r": "# Fabric notebook source",
  "notebook-content.scala": "// Fabric notebook source",
  "notebook-content.sql": "-- Fabric notebook source",
};

/** Faults of files that are what they must be, by type. */
const faultsOfContent: Readonly<Record<string, (file: TextFile) => TextFault | undefined>> = {
  Report: ({ path, text }) =>
    path !== REPORT_FILE || namesModel(text)
      ? undefined
      : {
          message: "names no model: give datasetReference.byPath or datasetReference.byConnection",
          line: lineAt(text, Math.max(text.indexOf('"datasetReference"'), 0)),
        },
  Notebook({ path, text }) {
    const first = FIRST_LINES[path.toLowerCase()];
    const [line = ""] = withoutMark(text).split("\n", 1);
    if (first === undefined || line.trimEnd() === first) return undefined;
    return { message: `does not begin with "${first}", without which the service refuses it`, line: 1 };
  },
  KQLDatabase({ path, text }) {
    if (path.toLowerCase() !== "databaseproperties.json") return undefined;
    const { parentEventhouseItemId: parent } = (jsonIn(text) ?? {}) as { parentEventhouseItemId?: unknown };
    if (typeof parent === "string" && parent !== "" && parent !== ZERO_ID) return undefined;
    const line = lineAt(text, Math.max(text.indexOf('"parentEventhouseItemId"'), 0));
    return { message: "names no eventhouse: give parentEventhouseItemId the logical id of one", line };
  },
  VariableLibrary({ path, text }) {
    const file = /^valueSets\/([^/]+)\.json$/.exec(path)?.[1];
    const { name } = (jsonIn(text) ?? {}) as { name?: unknown };
    if (file === undefined || typeof name !== "string" || name === file) return undefined;
    const line = lineAt(text, Math.max(text.indexOf('"name"'), 0));
    return { message: `has the name ${name}: a value set is named as its file`, line };
  },
};
