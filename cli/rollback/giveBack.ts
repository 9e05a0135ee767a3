import { mayMeanGone } from "../../providers/engine/gone.ts";
import { kindNamed } from "../../providers/kinds/kinds.ts";
import type { Run } from "../../providers/run/run.ts";
import type { Leftover } from "../transaction/leftovers.ts";
import type { WrittenObject } from "./writtenObjects.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/**
 * Restores the values that the transaction found on an object, after the engine has restored the values of the state.
 * @param run the rollback's run
 * @returns what differs from before: values that were edited after the transaction, or the object itself
 */
export async function giveBack(run: Run, object: WrittenObject, say: (line: string) => void): Promise<Leftover[]> {
  const { resourceType, resourceName, id, state } = object;
  const kind = kindNamed(resourceType);
  const what = `${resourceType} '${resourceName}'`;
  try {
    const given = await kind?.giveBackValues?.(run, id, object, state);
    if (!given) return [];
    if (given.isChanged) say(`Gave ${what} back what it had before the deployment (${id})`);
    return given.left.map((reason) => ({ what, id, reason }));
  } catch (error) {
    const reason = messageOf(error);
    if (!mayMeanGone(error)) return [{ what, id, reason: `it could not be given back what it had: ${reason}` }];
    return [{ what, id, reason: `somebody else has taken it away since this deployment wrote to it: it stays away` }];
  }
}
