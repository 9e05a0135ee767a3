import type { z } from "zod";
import { isFabricError, isOutcomeUnknown, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";

/** What is read of a deleted item. */
const deletedShape = itemShape.pick({ id: true, type: true, displayName: true });
type Deleted = z.output<typeof deletedShape>;

/** An item by what a declaration says of it. */
interface Wanted {
  readonly workspaceId: string;
  readonly type: string;
  readonly displayName: string;
}

/**
 * Takes an item out of the workspace's recycle bin, where the transaction that is being rolled back has put it: it keeps
 * its id and its data. Tenants that keep deleted items have one
 * (https://learn.microsoft.com/en-us/rest/api/fabric/core/recoverable-items/recover-item).
 * @param create what the log is told of the item
 * @returns the item; undefined where it is not there, or cannot be taken back
 */
export async function recoverItem(run: Run, wanted: Wanted, create: Intent): Promise<FabricItem | undefined> {
  const { workspaceId, type, displayName } = wanted;
  for (const deleted of await recoverableItems(run, workspaceId)) {
    const resourceId = `${workspaceId}/${deleted.id}`;
    if (deleted.type !== type || !sameIgnoringCase(deleted.displayName, displayName)) continue;
    if (!(await run.wasDeletedByTransaction("Item", resourceId))) continue;
    const operation = `take ${type} '${displayName}' back from the recycle bin`;
    const readIt = () =>
      run.get(`/workspaces/${workspaceId}/items/${deleted.id}`, `read ${type} '${displayName}'`, itemShape);
    try {
      await run.write(
        { ...create, resourceId },
        {
          method: "POST",
          path: `/workspaces/${workspaceId}/recoverableItems/${deleted.id}/recover`,
          operation,
          // an item that is back is not in the bin any more
          replaySafe: true,
        },
      );
    } catch (error) {
      if (!isFabricError(error)) throw error;
      const back = isOutcomeUnknown(error) ? await readIt().catch(() => undefined) : undefined;
      if (back) return back;
      run.warn(`${error.message} It is made again instead, without its data.`);
      return undefined;
    }
    return readIt();
  }
  return undefined;
}

async function recoverableItems(run: Run, workspaceId: string): Promise<Deleted[]> {
  try {
    return await run.list(`/workspaces/${workspaceId}/recoverableItems`, "list the recycle bin", deletedShape);
  } catch (error) {
    // where there is none, or it may not be seen, the item can only be made again
    if (isServiceAnswer(error, 400, 403, 404)) return [];
    throw error;
  }
}
