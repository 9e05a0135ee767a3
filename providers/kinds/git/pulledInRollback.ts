import { z } from "zod";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { itemsNow } from "../item/items.ts";
import { deletePulled, isNamed, named, takeOut } from "./pulled.ts";
import type { GitStatus } from "./status.ts";

/*
 * A sync in a rollback brings in what the branch has and the workspace has not. None of that was there before, so the rollback
 * takes it out. The log notes it, because the rollback can be cut off in between.
 */

/** Name of the compensation of such a sync. */
export const TAKE_OUT = "takeOutPulled";

const pullShape = z.object({
  /** Ids of all items of the workspace. */
  items: z.array(z.string()),
  /** What the branch has for the workspace. */
  coming: z.array(named),
});
type Pull = Readonly<z.output<typeof pullShape>>;

/** The note of a sync. */
export const pullInRollback = (items: readonly FabricItem[], { changes }: GitStatus): Pull => ({
  items: items.map(({ id }) => id),
  coming: changes.flatMap(({ remoteChange, itemMetadata: { itemType: type, displayName } }) =>
    remoteChange ? [{ type, displayName }] : [],
  ),
});

/** Deletes what a sync has brought in a moment ago: it cannot hold anything yet. */
export async function takeOutPulled(run: Run, workspaceId: string, pull: Pull): Promise<void> {
  for (const item of await broughtIn(run, workspaceId, pull)) await deletePulled(run, item);
}

/**
 * Deletes what syncs of earlier attempts have brought in, but for items that may hold data by now, and items that the rollback
 * has made.
 * @returns what stays
 */
export async function takeOutEarlier(run: Run, workspaceId: string): Promise<string[]> {
  const items: FabricItem[] = [];
  for (const note of await run.undosOf(TAKE_OUT, workspaceId)) {
    const pull = pullShape.safeParse(note).data;
    for (const item of pull ? await broughtIn(run, workspaceId, pull) : []) {
      const isKnown = items.some(({ id }) => id === item.id);
      const isMade = await run.wasWrittenByRollback("Item", item.displayName, ["create", "update"]);
      if (!isKnown && !isMade) items.push(item);
    }
  }
  return takeOut(run, items);
}

/** Somebody else may make an item at the same time: its name is none of the branch. */
async function broughtIn(run: Run, workspaceId: string, { items, coming }: Pull): Promise<FabricItem[]> {
  const isThere = (id: string) => items.some((one) => sameIgnoringCase(one, id));
  return (await itemsNow(run, workspaceId)).filter(
    (item) => !isThere(item.id) && coming.some((name) => isNamed(item, name)),
  );
}
