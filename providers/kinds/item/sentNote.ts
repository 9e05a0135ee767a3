import { isFabricError } from "../../../lib/api/fabricError.ts";
import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { Run } from "../../run/run.ts";
import { keptBefore } from "./contentBefore.ts";
import { formerItem, newIdsFor } from "./idsOfNow.ts";
import type { Restored } from "./idsOfNow.ts";
import { readDefinition } from "./itemContent.ts";
import type { Defined } from "./itemContent.ts";

/**
 * The definition that was last sent for an item, and the service's version of it. The service may add to a definition and
 * reorder it.
 */
export interface Sent {
  /** Hash of the definition that was sent. */
  readonly definitionHash: string;
  /** Hash of the definition that the service returned right after that. */
  readonly contentHash: string;
}

/**
 * What the state notes of a definition that was just sent, or that a rollback has given back or left.
 * @param isLater whether a rollback has left what somebody has put into the item since
 * @returns undefined if no comparison needs it, or if the service does not return the definition
 */
export const noteSent = (run: Run, id: string, item: Restored, isLater = false): Promise<Sent | undefined> =>
  run.isRollback ? noteGivenBack(run, id, item, isLater) : readSent(run, id, item);

/** Reads back a definition that was just sent. */
async function readSent(run: Run, id: string, item: Defined): Promise<Sent | undefined> {
  const { definitionHash } = item;
  if (!run.watchesContent || definitionHash === undefined) return undefined;
  try {
    return { definitionHash, contentHash: hashDefinition(await readDefinition(run, id, item)) };
  } catch (error) {
    // the item is as declared; only the later comparison does without this note
    if (isFabricError(error)) return undefined;
    throw error;
  }
}

/**
 * The note of the deployment before. What somebody has put into the item was never sent, so it shows as drift again, whether it
 * has come back with the content from before or was left.
 */
async function noteGivenBack(run: Run, id: string, item: Restored, isLater: boolean): Promise<Sent | undefined> {
  const former = await formerItem(run, item, id);
  if (!former) return readSent(run, id, item);
  const sent = former.state["sent"] as Sent | undefined;
  if (isLater || newIdsFor(former, item, id).length === 0) return sent;
  const given = await keptBefore(run, former.id, item);
  const isEdited = given !== undefined && hashDefinition(given) !== sent?.contentHash;
  // what was sent has new ids by now
  return isEdited ? sent : readSent(run, id, item);
}
