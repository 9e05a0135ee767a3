import type { ContentItem } from "./contentItem.ts";
import type { TextFile } from "./contentRules.ts";
import { ZERO_ID } from "./gitIds.ts";
import { targetOf } from "./knownItems.ts";
import type { KnownItems } from "./knownItems.ts";
import type { Reference } from "./reference.ts";

/* The eventhouse of a KQL database, which the database's properties name. */

const isProperties = (path: string) => path.toLowerCase() === "databaseproperties.json";

/** Whether an id at a position is that of the eventhouse of a KQL database. */
export const isParent = ({ path, text }: TextFile, position: number): boolean =>
  isProperties(path) && /"parentEventhouseItemId"\s*:\s*"$/.test(text.slice(0, position));

/** A KQL database names its eventhouse; its place below that eventhouse says which it is, also without logical ids. */
export function eventhouseOf(item: ContentItem, { path, text }: TextFile, known: KnownItems): Reference | undefined {
  if (item.parent === undefined || !isProperties(path)) return undefined;
  const key = /"parentEventhouseItemId"\s*:\s*"([^"]+)"/.exec(text)?.[1]?.toLowerCase();
  const to = targetOf(item, known.byPath.get(item.parent));
  return key === undefined || key === ZERO_ID || typeof to !== "object" ? undefined : { key, to, attribute: "id" };
}
