import type { ContentItem } from "./contentItem.ts";

/** What values have put into the items' files. */
export interface GivenByValues {
  readonly ids: ReadonlySet<string>;
  /** Whether a text of a file comes from a value, as a whole or in part. */
  isGiven(text: string): boolean;
}

/** All that the content of an item may refer to. */
export interface KnownItems {
  /** The deployed items. */
  readonly items: readonly ContentItem[];
  /** The deployed items by logical id: copies in several workspaces share one. */
  readonly byId: ReadonlyMap<string, readonly ContentItem[]>;
  /** The deployed items by folder: a folder may be deployed to several workspaces. */
  readonly byPath: ReadonlyMap<string, readonly ContentItem[]>;
  /** Items of the same folders that are not deployed, by logical id. */
  readonly leftById: ReadonlyMap<string, ContentItem>;
  readonly given: GivenByValues;
}

/** The items of a stack, ready to be looked up. @param left items of the same folders that are not deployed */
export const knownItems = (
  items: readonly ContentItem[],
  left: readonly ContentItem[],
  given: GivenByValues,
): KnownItems => ({
  items,
  byId: Map.groupBy(items, ({ logicalId }) => logicalId ?? ""),
  byPath: Map.groupBy(items, ({ path }) => path),
  leftById: new Map(left.map((item) => [item.logicalId ?? "", item])),
  given,
});

/** Whether an id is the logical id of an item, deployed or not, or was put in by a value. */
export const isExplained = ({ byId, leftById, given }: KnownItems, id: string): boolean =>
  byId.has(id) || leftById.has(id) || given.ids.has(id);

/**
 * The item that a reference of an item means, among those of one logical id or path: the one of the same workspace, else the only
 * one.
 */
export function targetOf(
  item: ContentItem,
  candidates: readonly ContentItem[] = [],
): ContentItem | "several" | undefined {
  const own = candidates.find(({ workspace }) => workspace === item.workspace);
  if (own) return own;
  return candidates.length > 1 ? "several" : candidates[0];
}
