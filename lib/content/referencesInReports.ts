import { titleOf } from "./contentItem.ts";
import type { ContentItem } from "./contentItem.ts";
import type { TextFile } from "./contentRules.ts";
import { targetOf } from "./knownItems.ts";
import type { KnownItems } from "./knownItems.ts";
import { REPORT_FILE, modelFolder, modelPathIn } from "./modelOfReport.ts";
import type { Finding } from "./reference.ts";

/** The model that a report names by its folder. */
export function* referencesInReports(item: ContentItem, file: TextFile, known: KnownItems): Generator<Finding> {
  if (file.path !== REPORT_FILE) return;
  const key = modelPathIn(file.text);
  if (key === undefined) return;
  const folder = modelFolder(item.path, key);
  const to = targetOf(item, known.byPath.get(folder));
  const position = Math.max(file.text.indexOf('"path"'), 0);
  if (typeof to !== "object") yield { position, problem: nothingAt(folder, known) };
  else if (to.type !== "SemanticModel")
    yield { position, problem: `names ${titleOf(to)} as its model: a report shows a SemanticModel.` };
  else yield { reference: { key, to, attribute: "id" } };
}

function nothingAt(folder: string, { byPath }: KnownItems): string {
  const meant = [...byPath.keys()].find((path) => path.toLowerCase() === folder.toLowerCase());
  return meant === undefined
    ? `names its model by the folder ${folder}, which is no deployed item. Add the model's folder, or name the model by byConnection.`
    : `names its model by the folder ${folder}, which is spelled ${meant}.`;
}
