import { nothingOr } from "../../../lib/api/answer.ts";
import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { hasDefinition } from "../../../lib/api/itemType.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import { withEnvironment, withoutEnvironment } from "../../../lib/content/environmentValues.ts";
import { pathOf } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";
import { publishEnvironment } from "./environment.ts";
import { changeOfItem } from "./itemIntent.ts";
import { itemPlace } from "./itemPlace.ts";
import { formerItem, newIdsFor, withNewIds } from "./idsOfNow.ts";
import { contentBefore, hasBeenSent, keptBefore, laterContent, noteSending, sendsSoFar } from "./laterContent.ts";
import { definitionFor, withFormat } from "./definitionToSend.ts";
import type { Definition } from "./definitionToSend.ts";
import { hasContent, readDefinition, unlessUnreadable } from "./itemContent.ts";
import type { Declared, Defined } from "./itemContent.ts";
import { keepParts } from "./keptContent.ts";

/* Writes of the content of items, by a deployment and by a rollback. */

/** What the log notes of a definition that is sent. */
export interface SentNote {
  /** Hash of the definition; absent in logs of earlier versions, and if no rollback can follow. */
  readonly sent?: string;
  /** Hash of the content in whose place it was sent, if that was read. */
  readonly had?: string | undefined;
  /** Not a deployment's definition, but a publish, or what a rollback sends. */
  readonly isOther?: true;
  /** What a rollback sends is the content from before. */
  readonly isBefore?: true;
  /** How many definitions the transaction had sent by then; absent in logs of earlier versions. */
  readonly after?: number;
}

/** Replaces an item's definition: in a rollback by that from before. An environment is published, too. @param had see {@link SentNote} */
export async function sendDefinition(
  run: Run,
  id: string,
  item: Defined,
  definition: Definition | undefined,
  had?: string,
): Promise<void> {
  const note = run.isRollback ? ({ isBefore: true, after: await sendsSoFar(run, id) } as const) : { had };
  await writeDefinition(run, id, item, definition, note);
  if (item.type === "Environment") await publishEnvironment(run, id, item.displayName);
}

/**
 * Gives an item its declared definition; in a rollback that from before, unless the item has it. The write to be undone may have
 * changed nothing, and then a service that still refuses it is no reason to report the item.
 */
export async function deployDefinition(run: Run, id: string, item: Declared, had: string | undefined): Promise<void> {
  const definition = await definitionFor(run, item, id);
  const isThere = run.isRollback && definition !== undefined && (await hasStill(run, id, item, definition));
  if (!isThere) await sendDefinition(run, id, item, definition, had);
}

/** Whether an item has a definition. Of an environment, it may not be the published one. */
async function hasStill(run: Run, id: string, item: Defined, { parts }: Definition): Promise<boolean> {
  if (item.type === "Environment") return false;
  const wanted = withoutEnvironment(parts, item.variables ?? {}, run.variables);
  return (await hasContent(run, id, item, wanted).catch(unlessUnreadable)) ?? false;
}

/** Replaces an item's definition. What an environment had published stays published. @param more for the log */
export async function writeDefinition(
  run: Run,
  id: string,
  item: Defined,
  definition: Definition | undefined,
  more: SentNote = {},
): Promise<void> {
  const { type, displayName } = item;
  const sent = definition && (await noteSending(run, item, definition));
  const note: SentNote = { ...(run.isRollback && { isOther: true }), ...(sent !== undefined && { sent }), ...more };
  const args = { id, ...note };
  await run.write(changeOfItem(id, displayName, { function: "restoreDefinition", args }), {
    method: "POST",
    path: `${pathOf(itemPlace, id)}/updateDefinition`,
    body: { definition },
    operation: `update the definition of ${type} '${displayName}'`,
    // its operation's result is the item
    answer: nothingOr(itemShape),
    replaySafe: true,
  });
}

/** In a rollback that has made anew what an item's content refers to: puts the new ids into the content that is there. */
export async function renewIds(run: Run, id: string, item: Declared): Promise<void> {
  const former = await formerItem(run, item, id);
  const ids = former ? newIdsFor(former, item, id) : [];
  if (ids.length === 0 || !hasDefinition(item.type)) return;
  const live = await readDefinition(run, id, item).catch(unlessUnreadable);
  if (live) await sendContent(run, id, item, withNewIds(live, ids));
}

/** Gives an item content back that was kept. @returns whether it had other content */
export async function sendContent(
  run: Run,
  id: string,
  item: Defined,
  parts: readonly DefinitionPart[],
): Promise<boolean> {
  if (await hasContent(run, id, item, parts)) return false;
  await sendDefinition(run, id, item, withFormat(item, withEnvironment(parts, run.variables)));
  return true;
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
 * Reads an adopted item's definition before the declared one replaces it. Keeps the definition if a rollback may need it, and
 * warns of the replacement, because no preview has shown it.
 * @returns the definition's hash; undefined if the service does not return the definition
 */
export async function definitionToReplace(
  run: Run,
  id: string,
  before: Defined,
  wanted: Declared,
): Promise<string | undefined> {
  // in the format of the files, or the same content would look like another
  const parts = await readDefinition(run, id, { ...before, parts: wanted.parts, variables: wanted.variables }).catch(
    unlessUnreadable,
  );
  if (!parts) return undefined;
  const hash = hashDefinition(parts);
  if (run.definitions.isKeeping) await keepParts(run, id, { ...before, definitionHash: hash }, parts);
  // what was deployed by other means may already be what the files say
  const declared = await definitionFor(run, wanted, id);
  const asRead = declared && withoutEnvironment(declared.parts, wanted.variables ?? {}, run.variables);
  if (hash === wanted.definitionHash || (asRead && hash === hashDefinition(asRead))) return wanted.definitionHash;
  run.warn(`${before.type} '${before.displayName}' existed with another definition: the declared one takes its place.`);
  return hash;
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
