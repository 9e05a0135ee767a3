import { posix } from "node:path";
import { withoutMark } from "../api/plainText.ts";
import { gitFault, jsonFault } from "../api/textFault.ts";
import type { TextFault } from "../api/textFault.ts";
import { mainFiles, missingContent } from "./contentRules.ts";
import type { TextFile } from "./contentRules.ts";
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
      .filter((one) => !one.endsWith(".rdl") && !texts.some((text) => text.path === one))
      .map((one) => `${path}/${one} is not UTF-8 text: save it as UTF-8`),
    ...texts.flatMap((text) => {
      const fault = faultOf(type, text, main.includes(text.path));
      const line = fault?.line === undefined ? "" : `:${fault.line}`;
      return fault ? [`${path}/${text.path}${line} ${fault.message}`] : [];
    }),
  ];
}

const JSON_FILE = /\.(?:json|ipynb|pbir|pbism)$/i;

function faultOf(type: string, { path, text }: TextFile, isMain: boolean): TextFault | undefined {
  if (path === ".platform") return undefined;
  const fault = isMain && JSON_FILE.test(path) ? jsonFault(text) : gitFault(withoutMark(text));
  if (fault || type !== "Report" || path !== REPORT_FILE || namesModel(text)) return fault;
  return { message: "names no model: give datasetReference.byPath or datasetReference.byConnection" };
}
