import { isOfService } from "../../lib/api/itemType.ts";
import type { FabricItem } from "../../lib/api/objects.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import type { ExistingWorkspace } from "./existingWorkspace.ts";

/** The items of a workspace, by origin. */
export interface SortedItems {
  /** Made by people, so they are declared. */
  readonly own: readonly FabricItem[];
  /** They come and go with another item. */
  readonly withOthers: readonly FabricItem[];
  /** The Git connection brings them. */
  readonly fromGit: readonly FabricItem[];
}

/** Sorts the items of a workspace by origin. */
export function sortItems({ items, git }: ExistingWorkspace): SortedItems {
  const sorted = Object.groupBy(items, (item) => {
    if (comesWithAnother(item, items)) return "withOthers";
    return git && !git.onlyInWorkspace.has(item.id) ? "fromGit" : "own";
  });
  return { own: sorted.own ?? [], withOthers: sorted.withOthers ?? [], fromGit: sorted.fromGit ?? [] };
}

/** Whether an item belongs to another one: SQL endpoints, the database of an eventhouse, and where dataflows keep data. */
function comesWithAnother({ type, displayName }: FabricItem, items: readonly FabricItem[]): boolean {
  if (type === "SQLEndpoint" || isOfService({ displayName })) return true;
  const isOfSameName = (other: FabricItem) => sameIgnoringCase(other.displayName, displayName);
  return type === "KQLDatabase" && items.some((other) => other.type === "Eventhouse" && isOfSameName(other));
}
