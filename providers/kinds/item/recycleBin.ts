import type { z } from "zod";
import { nothingOr } from "../../../lib/api/answer.ts";
import { isFabricError, isOutcomeUnknown, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";
import { formerItem } from "./idsOfNow.ts";
import type { Restored } from "./idsOfNow.ts";

/** What is read of a deleted item. */
const deletedShape = itemShape.pick({ id: true, type: true, displayName: true });
type Deleted = z.output<typeof deletedShape>;

/**
 * Recovers an item that the rolled-back transaction deleted from the workspace's recycle bin. The item keeps its id and its
 * data. Only tenants that keep deleted items have a recycle bin
 * (https://learn.microsoft.com/en-us/rest/api/fabric/core/recoverable-items/recover-item).
 * @param create the log's intent for the item
 * @returns the item; undefined if the bin lacks it, or it cannot be recovered
 * @throws FabricError if another item has the name that it had when it was deleted
 */
export async function recoverItem(run: Run, wanted: Restored, create: Intent): Promise<FabricItem | undefined> {
  const { workspaceId, type, displayName } = wanted;
  const former = await formerItem(run, wanted);
  for (const deleted of await recoverableItems(run, workspaceId)) {
    const resourceId = `${workspaceId}/${deleted.id}`;
    // it may have had another name when it was deleted, and another item its name
    const isIt = former
      ? sameIgnoringCase(former.id, resourceId)
      : deleted.type === type && sameIgnoringCase(deleted.displayName, displayName);
    if (!isIt || !(await run.wasDeletedByTransaction("Item", resourceId))) continue;
    const operation = `take ${type} '${displayName}' back from the recycle bin`;
    const readIt = () =>
      run.get(`/workspaces/${workspaceId}/items/${deleted.id}`, `read ${type} '${displayName}'`, itemShape);
    try {
      await recover(run, { workspaceId, itemId: deleted.id, operation }, { ...create, resourceId });
    } catch (error) {
      if (!isFabricError(error)) throw error;
      const back = isOutcomeUnknown(error) ? await readIt().catch(() => undefined) : undefined;
      if (back) return back;
      // it would lose its data although it only has to wait for its name
      if (error.errorCode === "ItemDisplayNameAlreadyInUse")
        throw error.withRemedy(
          `It was deleted as '${deleted.displayName}', and another item has that name: rename that item, and run the rollback again.`,
        );
      run.warn(`${error.message} It is made again instead, without its data.`);
      return undefined;
    }
    return readIt();
  }
  return undefined;
}

/**
 * Takes an item that this transaction deleted back from the recycle bin, by its id.
 * @returns whether it is back
 */
export async function takeBack(run: Run, workspaceId: string, itemId: string, intent: Intent): Promise<boolean> {
  const bin = await recoverableItems(run, workspaceId);
  if (!bin.some(({ id }) => sameIgnoringCase(id, itemId))) return false;
  try {
    const operation = `take ${intent.resourceName} back from the recycle bin`;
    await recover(run, { workspaceId, itemId, operation }, intent);
    return true;
  } catch (error) {
    if (!isFabricError(error)) throw error;
    run.warn(`${error.message} It is made again instead.`);
    return false;
  }
}

const recover = (
  run: Run,
  of: { readonly workspaceId: string; readonly itemId: string; readonly operation: string },
  intent: Intent,
): Promise<unknown> =>
  run.write(intent, {
    method: "POST",
    path: `/workspaces/${of.workspaceId}/recoverableItems/${of.itemId}/recover`,
    operation: of.operation,
    answer: nothingOr(deletedShape),
    // after a recovery the item is no longer in the bin
    replaySafe: true,
  });

async function recoverableItems(run: Run, workspaceId: string): Promise<Deleted[]> {
  try {
    return await run.list(`/workspaces/${workspaceId}/recoverableItems`, "list the recycle bin", deletedShape);
  } catch (error) {
    // without a bin, or without the right to see it, the item can only be made anew
    if (isServiceAnswer(error, 400, 403, 404)) return [];
    throw error;
  }
}
