import { z } from "zod";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { hashOf } from "../../../lib/transactions/history.ts";
import type { Values } from "../../../lib/transactions/written.ts";
import { sameIgnoringCase } from "../../engine/field.ts";

/*
 * A pull changes a workspace in ways that no compensation can name. The log therefore notes the content from before, so that
 * a rollback can remove the items that came in, and restore the overwritten ones as far as possible.
 */

/** Type and name of an item. */
export const named = z.object({ type: z.string(), displayName: z.string() });

/** Whether an item has this type and name; names are equal in any case. */
export const isNamed = (item: z.output<typeof named>, { type, displayName }: z.output<typeof named>) =>
  item.type === type && sameIgnoringCase(item.displayName, displayName);

/** An item in words. */
export const titleOf = ({ type, displayName }: z.output<typeof named>) => `${type} '${displayName}'`;

const pulledShape = z.object({
  /** The commit that the workspace was synced with. */
  head: z.string().nullable(),
  /** Ids of all items. */
  items: z.array(z.string()),
  /** Items that the pull adds. */
  added: z.array(named),
  /** Items that the pull overwrites; their definitions are kept beside the log. */
  changed: z.array(named.extend({ id: z.string(), description: z.string().optional() })),
  /** Items that the pull deletes. */
  deleted: z.array(named),
});

/** The log's note of a pull: the workspace's content before, and what the pull does to it. */
export type Pulled = Readonly<z.output<typeof pulledShape>>;
/** An item that a pull overwrites, as it was before. */
export type PulledItem = Pulled["changed"][number];

/** The notes of pulls among the values that the writes to a connection found, oldest first. */
export const pullsIn = (before: Values): readonly Pulled[] =>
  Object.values(before).flatMap((value) => pulledShape.safeParse(value).data ?? []);

/**
 * Items that were there before the first of some pulls, and that a pull overwrote, by id; each as it was before it was
 * overwritten first.
 */
export function overwrittenBy(pulls: readonly Pulled[]): ReadonlyMap<string, PulledItem> {
  const wasThere = ({ id }: PulledItem) => pulls[0]?.items.some((one) => sameIgnoringCase(one, id));
  const changed = pulls.flatMap((pull) => pull.changed).filter(wasThere);
  return new Map(changed.toReversed().map((item) => [item.id, item] as const));
}

/**
 * Name of an intent's value that holds the note of a pull. One commit may be pulled twice, from two folders: each pull has a name
 * of its own, because a second value under one name would count as somebody's change.
 */
export const propertyOf = (commit: string | null | undefined, pulled: Pulled) =>
  `pull of ${commit ?? "the branch"} (${hashOf(JSON.stringify(pulled)).slice(0, 8)})`;

/** Key of the definition that an item had before a pull overwrote it. */
export const formerContentKey = (itemId: string) => `pulled over ${itemId.toLowerCase()}`;

/** Key of the definition that a pull has given an item. */
export const pulledContentKey = (itemId: string) => `pulled ${itemId.toLowerCase()}`;

/** Key of the values that a pull has given an item. */
export const pulledValuesKey = (itemId: string) => `pulled values ${itemId.toLowerCase()}`;

/** The values of an item that a pull changes; no description is an empty one. */
export const pulledValuesOf = ({ displayName, description }: Pick<FabricItem, "displayName" | "description">) => ({
  displayName,
  description: description ?? "",
});

/** Values as they are kept with the definitions. */
export const asParts = (values: object): DefinitionPart[] => [
  { path: "values", payload: Buffer.from(JSON.stringify(values)).toString("base64"), payloadType: "InlineBase64" },
];

/** The opposite of {@link asParts}; undefined if none were kept. */
export const keptValues = (parts: readonly DefinitionPart[] | undefined): Values | undefined =>
  parts?.[0] && (JSON.parse(Buffer.from(parts[0].payload, "base64").toString()) as Values);
