import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { hasDefinition } from "../../../lib/api/itemType.ts";
import { withEnvironment } from "../../../lib/content/environmentValues.ts";
import type { Run } from "../../run/run.ts";
import { contentBefore, keptBefore } from "./contentBefore.ts";
import { sendContent, sendDefinition } from "./contentWrites.ts";
import { withFormat } from "./definitionToSend.ts";
import type { Definition } from "./definitionToSend.ts";
import { formerItem, newIdsFor, withNewIds } from "./idsOfNow.ts";
import type { Restored } from "./idsOfNow.ts";
import { hasContent, readDefinition, unlessUnreadable } from "./itemContent.ts";
import type { Declared, Defined } from "./itemContent.ts";
import { laterContent } from "./laterContent.ts";
import { hasBeenSent, sendsTo } from "./sends.ts";
import type { SentNote } from "./sends.ts";

/* What a rollback gives items back of their content. */

/** In a rollback that has made anew what an item's content refers to: puts the new ids into the content that is there. */
export async function renewIds(run: Run, id: string, item: Declared): Promise<void> {
  const former = await formerItem(run, item, id);
  const ids = former ? newIdsFor(former, item, id) : [];
  if (ids.length === 0 || !hasDefinition(item.type)) return;
  const live = await readDefinition(run, id, item).catch(unlessUnreadable);
  if (live) await sendContent(run, id, item, withNewIds(live, ids));
}

/**
 * In a rollback: restores the former definition of an adopted item. Otherwise nobody has that definition any more.
 * @returns whether the transaction has replaced it
 * @throws Error if it was not kept
 */
export async function giveBackDefinition(run: Run, id: string, before: Defined): Promise<boolean> {
  if (!run.isRollback || !(await hasBeenSent(run, id))) return false;
  const parts = await keptBefore(run, id, before);
  if (!parts) throw notKept(before);
  if (await laterContent(run, id, before, [parts])) return true;
  await sendDefinition(run, id, before, withFormat(before, withEnvironment(parts, run.variables)));
  return true;
}

const notKept = ({ type, displayName }: Defined) =>
  new Error(
    `${type} '${displayName}' has the definition that the deployment sent: the one from before was not kept, ` +
      `because the service did not give it. Put it back by hand.`,
  );

/**
 * In a rollback: content of an item from before the transaction sent its first definition.
 * @returns undefined if it sent none, if the rollback has given it back already, or if the log is from an earlier version
 */
export async function contentToGiveBack(
  run: Run,
  item: Restored,
  id: string,
): Promise<readonly DefinitionPart[] | undefined> {
  const sends = await sendsTo(run, id);
  // one whose answer was lost may not have had its effect, and a run may have gone on after an incomplete rollback
  const isDone = (await run.undosOf<SentNote>("restoreDefinition", id, true)).some(
    ({ isBefore, after = sends.length }) => isBefore && after === sends.length,
  );
  const isSent = sends.some(({ sent }) => sent);
  return isDone || !isSent ? undefined : contentBefore(run, item, id);
}

/**
 * In a rollback: the content that an item without a declared definition had before this transaction declared one.
 * @returns undefined if the transaction replaced no such content
 * @throws Error if the service did not return the content before it was replaced
 */
export async function undeclaredDefinition(
  run: Run,
  id: string,
  wanted: Declared,
  old: Defined,
): Promise<Definition | undefined> {
  const isReplaced = run.isRollback && wanted.definitionHash === undefined && old.definitionHash !== undefined;
  if (!isReplaced) return undefined;
  const parts = await contentBefore(run, wanted, id);
  if (parts) return withFormat(wanted, parts);
  throw notKept(wanted);
}

/**
 * Restores content that people had put into an item without a declared definition, after a rollback recreated the item. A new
 * item that already holds the same content stays as it is.
 */
export async function restoreUndeclared(run: Run, id: string, item: Declared): Promise<void> {
  if (!run.isRollback || item.definitionHash !== undefined || item.creationPayload !== undefined) return;
  const parts = await contentBefore(run, item);
  if (!parts) return;
  if ((await hasContent(run, id, item, parts).catch(unlessUnreadable)) === false)
    await sendDefinition(run, id, item, withFormat(item, parts));
}
