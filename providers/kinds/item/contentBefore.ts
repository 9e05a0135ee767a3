import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import type { Run } from "../../run/run.ts";
import { formerItem, newIdsFor, withNewIds } from "./idsOfNow.ts";
import type { Restored } from "./idsOfNow.ts";
import { workspaceIn } from "./itemContent.ts";
import type { Defined } from "./itemContent.ts";
import { keptOf } from "./keptContent.ts";

/* Content that an item had before a transaction changed it: kept with the log by the item's id, and found again in a rollback. */

type Parts = readonly DefinitionPart[];

const beforeKey = (id: string) => `before ${id.toLowerCase()}`;

/** Keeps the content that an item has before a transaction changes it. */
export const noteBefore = (run: Run, id: string, parts: Parts): Promise<void> =>
  run.definitions.keep(beforeKey(id), parts);

/** Lets a rollback give an item content back that somebody has set between two runs of its transaction. */
export const noteBeforeInstead = (run: Run, id: string, parts: Parts): Promise<void> =>
  run.definitions.keepInstead(beforeKey(id), parts);

/** In a rollback: content that an item had before the transaction, with the ids of then. @param id from then */
export const keptBefore = async (run: Run, id: string, item: Defined): Promise<Parts | undefined> =>
  (await run.definitions.kept(beforeKey(id))) ?? (await keptOf(run, workspaceIn(id), item));

/**
 * In a rollback: content that an item had before the transaction, with the ids of now. The item may have another name by now.
 * @param id of the item now; undefined if the rollback is about to make it
 */
export async function contentBefore(run: Run, item: Restored, id?: string): Promise<Parts | undefined> {
  const former = await formerItem(run, item, id);
  const { displayName = item.displayName } = (former?.state ?? {}) as Partial<Defined>;
  const kept = await keptBefore(run, former?.id ?? id ?? `${item.workspaceId}/`, { ...item, displayName });
  return kept && former ? withNewIds(kept, newIdsFor(former, item, id)) : kept;
}
