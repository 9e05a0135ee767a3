import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { withEnvironment } from "../../../lib/content/environmentValues.ts";
import type { Run } from "../../run/run.ts";
import { withFormat } from "./definitionToSend.ts";
import { hasContent, lostVariables, readDefinition, unlessUnreadable } from "./itemContent.ts";
import type { Defined } from "./itemContent.ts";
import { keptSend, sendsTo, writeDefinition } from "./sends.ts";

/*
 * Content that somebody has put into an item after a transaction sent its own definition. A rollback leaves it, as it leaves
 * every later edit, and a run that goes on after a killed one gives it back if it is rolled back.
 *
 * The log has the hash of each definition that was sent. The service may store a definition in a form of its own, so other
 * content may still be the sent definition. Sending that one again shows its form.
 */

type Parts = readonly DefinitionPart[];

/** Content that is being compared: until that has ended, only this copy may be left of it. */
const comparedKey = (id: string) => `compared ${id.toLowerCase()}`;
/** The same, if it has come while an earlier comparison was cut off. */
const newerKey = (id: string) => `compared again ${id.toLowerCase()}`;
const laterKey = (id: string) => `later ${id.toLowerCase()}`;

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
    const parts = await keptSend(run, one ?? "");
    if (!parts) continue;
    await writeDefinition(run, id, item, withFormat(item, withEnvironment(parts, run.variables)));
    if (hashDefinition(await readDefinition(run, id, item)) === hash) return true;
  }
  return false;
}

/** In a rollback: whether it has left content in an item that somebody has set after the transaction wrote to it. */
export async function hasLaterContent(run: Run, id: string, item: Defined): Promise<boolean> {
  const later = await run.definitions.kept(laterKey(id));
  return later !== undefined && hasContent(run, id, item, later);
}
