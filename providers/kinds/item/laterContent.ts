import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { withEnvironment, withoutEnvironment } from "../../../lib/content/environmentValues.ts";
import type { Run } from "../../run/run.ts";
import { formerItem, newIdsFor, withNewIds } from "./idsOfNow.ts";
import type { Restored } from "./idsOfNow.ts";
import { writeDefinition } from "./contentWrites.ts";
import { withFormat } from "./definitionToSend.ts";
import { hasContent, lostVariables, readDefinition, unlessUnreadable, workspaceIn } from "./itemContent.ts";
import { keptOf } from "./keptContent.ts";
import type { SentNote } from "./contentWrites.ts";
import type { Definition } from "./definitionToSend.ts";
import type { Defined } from "./itemContent.ts";

/*
 * Content that somebody has put into an item after a transaction sent its own definition. A rollback leaves it, as it leaves
 * every later edit, and a run that goes on after a killed one gives it back if it is rolled back.
 *
 * The log has the hash of each definition that was sent. The service may store a definition in a form of its own, so other
 * content may still be the sent definition. Sending that one again shows its form.
 */

type Parts = readonly DefinitionPart[];

const sentKey = (hash: string) => `sent ${hash}`;
/** Content that is being compared: until that has ended, only this copy may be left of it. */
const comparedKey = (id: string) => `compared ${id.toLowerCase()}`;
/** The same, if it has come while an earlier comparison was cut off. */
const newerKey = (id: string) => `compared again ${id.toLowerCase()}`;
const laterKey = (id: string) => `later ${id.toLowerCase()}`;
const beforeKey = (id: string) => `before ${id.toLowerCase()}`;

/** The definitions that open transactions have sent, or may have; not what their rollbacks have. */
const sendsTo = async (run: Run, id: string): Promise<readonly SentNote[]> =>
  (await run.undosOf<SentNote>("restoreDefinition", id)).filter(({ isOther }) => !isOther);

/** How many definitions an open transaction has sent to an item, or may have. */
export const sendsSoFar = async (run: Run, id: string): Promise<number> => (await sendsTo(run, id)).length;

/** Whether an open transaction has sent a definition to an item, or may have. */
export const hasBeenSent = async (run: Run, id: string): Promise<boolean> => (await sendsSoFar(run, id)) > 0;

/** Keeps a definition that is about to be sent. @returns the hash by which it is found; undefined if no rollback can follow */
export async function noteSending(run: Run, item: Defined, definition: Definition): Promise<string | undefined> {
  if (!run.definitions.isKeeping) return undefined;
  const parts = withoutEnvironment(definition.parts, item.variables ?? {}, run.variables);
  const hash = hashDefinition(parts);
  await run.definitions.keep(sentKey(hash), parts);
  return hash;
}

/**
 * Content of an item that is neither from before a transaction nor the transaction's own. The item has it afterwards.
 * @param item the item as the transaction has left it
 * @param earlier content from before the transaction, as far as it is known
 * @returns undefined if there is no such content, or if the log is from a version that noted too little to tell
 * @throws Error in a rollback, if nobody can tell whose the content is
 */
export async function laterContent(
  run: Run,
  id: string,
  item: Defined,
  earlier: readonly (Parts | undefined)[] = [],
): Promise<Parts | undefined> {
  const sends = await sendsTo(run, id);
  const sent = new Set(sends.map(({ sent: hash }) => hash));
  if (sends.length === 0 || sent.has(undefined)) return undefined;
  const live = await comparable(run, id, item);
  if (!live) return undefined;
  // an earlier comparison may have been cut off, and have left only copies of what was there
  const keys = [newerKey(id), comparedKey(id)];
  const copies = await Promise.all(keys.map((key) => run.definitions.noted(key)));
  const [newer, compared] = copies;
  const before = [...sends.map(({ had }) => had), ...earlier.map((parts) => parts && hashDefinition(parts))];
  let isCompared = copies.some((copy) => copy !== undefined);
  let later: Parts | undefined;
  for (const parts of [live, newer, compared]) {
    const hash = parts && hashDefinition(parts);
    if (!parts || sent.has(hash)) continue;
    if (before.includes(hash)) break;
    isCompared = true;
    const isKept = copies.some((copy) => copy && hashDefinition(copy) === hash);
    if (!isKept) await run.definitions.keepInstead(compared ? newerKey(id) : comparedKey(id), parts);
    if (await isInFormOfService(run, id, item, { hash: hash ?? "", sent: [...sent] })) continue;
    await writeDefinition(run, id, item, withFormat(item, withEnvironment(parts, run.variables)));
    if (run.isRollback) await run.definitions.keepInstead(laterKey(id), parts);
    later = parts;
    break;
  }
  if (isCompared) for (const key of keys) await run.definitions.drop(key);
  return later;
}

/**
 * The content of an item, for a comparison.
 * @returns undefined if nobody can tell whose it is, and this is no rollback
 * @throws Error in a rollback: the content stays then
 */
async function comparable(run: Run, id: string, item: Defined): Promise<Parts | undefined> {
  const lost = lostVariables(run, item);
  // a value that nobody can find in the content must not be kept with it
  const live = lost.length > 0 ? undefined : await readDefinition(run, id, item).catch(unlessUnreadable);
  if (live || !run.isRollback) return live;
  const why =
    lost.length > 0
      ? `nobody can tell without ${lost.join(", ")} as the deployment had it`
      : "nobody can read its definition";
  throw new Error(
    `${item.type} '${item.displayName}' keeps the definition that it has, because ${why}: somebody may have changed it since the deployment.`,
  );
}

/** Whether content is one of the sent definitions in the service's form. The item has the last of them afterwards. */
async function isInFormOfService(
  run: Run,
  id: string,
  item: Defined,
  { hash, sent }: { readonly hash: string; readonly sent: readonly (string | undefined)[] },
): Promise<boolean> {
  for (const one of sent) {
    const parts = await run.definitions.noted(sentKey(one ?? ""));
    if (!parts) continue;
    await writeDefinition(run, id, item, withFormat(item, withEnvironment(parts, run.variables)));
    if (hashDefinition(await readDefinition(run, id, item)) === hash) return true;
  }
  return false;
}

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

/**
 * In a rollback: content of an item from before the transaction sent its first definition.
 * @returns undefined if it sent none, if the rollback has given it back already, or if the log is from an earlier version
 */
export async function contentToGiveBack(run: Run, item: Restored, id: string): Promise<Parts | undefined> {
  const sends = await sendsTo(run, id);
  // one whose answer was lost may not have had its effect, and a run may have gone on after an incomplete rollback
  const isDone = (await run.undosOf<SentNote>("restoreDefinition", id, true)).some(
    ({ isBefore, after = sends.length }) => isBefore && after === sends.length,
  );
  const isSent = sends.some(({ sent }) => sent);
  return isDone || !isSent ? undefined : contentBefore(run, item, id);
}

/** In a rollback: whether it has left content in an item that somebody has set after the transaction wrote to it. */
export async function hasLaterContent(run: Run, id: string, item: Defined): Promise<boolean> {
  const later = await run.definitions.kept(laterKey(id));
  return later !== undefined && hasContent(run, id, item, later);
}
