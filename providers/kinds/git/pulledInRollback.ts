import { z } from "zod";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { itemsNow } from "../item/items.ts";
import { asParts, isNamed, keptValues, named } from "./pullNote.ts";
import { deletePulled, takeOut } from "./takeBackPulls.ts";
import { nameIn } from "./status.ts";
import type { GitStatus } from "./status.ts";

/*
 * A sync in a rollback brings in what the branch has and the workspace has not. None of that was there before, so the rollback
 * takes it out. A note beside the log lasts until then, because the rollback can be cut off in between.
 */

const pullShape = z.object({
  /** Ids of all items of the workspace. */
  items: z.array(z.string()),
  /** What the branch has, and no item of the workspace has the name of. */
  coming: z.array(named),
});
type Pull = Readonly<z.output<typeof pullShape>>;

/**
 * Pulls, and deletes what came in: a moment later it cannot hold anything yet.
 * @param before the items of the workspace, and what the branch has for it
 */
export async function withoutPulled(
  run: Run,
  workspaceId: string,
  { items, status }: { readonly items: readonly FabricItem[]; readonly status: GitStatus },
  pull: () => Promise<void>,
): Promise<void> {
  const noted: Pull = {
    items: items.map(({ id }) => id),
    coming: status.changes
      .filter(({ remoteChange }) => Boolean(remoteChange))
      .map(nameIn)
      .filter((name) => !items.some((item) => isNamed(item, name))),
  };
  await run.definitions.keepInstead(keyOf(workspaceId), asParts(noted));
  await pull();
  for (const item of await broughtIn(run, workspaceId, noted)) await deletePulled(run, item);
  await run.definitions.drop(keyOf(workspaceId));
}

/**
 * Deletes what a sync of an attempt that was cut off has brought in, but for items that may hold data by now.
 * @returns what stays
 */
export async function takeOutEarlier(run: Run, workspaceId: string): Promise<string[]> {
  const noted = pullShape.safeParse(keptValues(await run.definitions.kept(keyOf(workspaceId)))).data;
  if (!noted) return [];
  const left = await takeOut(run, await broughtIn(run, workspaceId, noted));
  if (left.length === 0) await run.definitions.drop(keyOf(workspaceId));
  return left;
}

/** Somebody else may make an item at the same time: its name is none of the branch. */
async function broughtIn(run: Run, workspaceId: string, { items, coming }: Pull): Promise<FabricItem[]> {
  const isThere = (id: string) => items.some((one) => sameIgnoringCase(one, id));
  return (await itemsNow(run, workspaceId)).filter(
    (item) => !isThere(item.id) && coming.some((name) => isNamed(item, name)),
  );
}

const keyOf = (workspaceId: string) => `pulled in a rollback of ${workspaceId.toLowerCase()}`;
