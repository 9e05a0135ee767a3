import { nothingOr } from "../../../lib/api/answer.ts";
import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import { withoutEnvironment } from "../../../lib/content/environmentValues.ts";
import { pathOf } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";
import type { Definition } from "./definitionToSend.ts";
import type { Defined } from "./itemContent.ts";
import { changeOfItem } from "./itemIntent.ts";
import { itemPlace } from "./itemPlace.ts";

/*
 * Definitions that were sent to an item. The log has the hash of each, and the definitions lie beside it, so that content which
 * somebody has put in since is told from them.
 */

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

const sentKey = (hash: string) => `sent ${hash}`;

/** The definitions that open transactions have sent, or may have; not what their rollbacks have. */
export const sendsTo = async (run: Run, id: string): Promise<readonly SentNote[]> =>
  (await run.undosOf<SentNote>("restoreDefinition", id)).filter(({ isOther }) => !isOther);

/** How many definitions an open transaction has sent to an item, or may have. */
export const sendsSoFar = async (run: Run, id: string): Promise<number> => (await sendsTo(run, id)).length;

/** Whether an open transaction has sent a definition to an item, or may have. */
export const hasBeenSent = async (run: Run, id: string): Promise<boolean> => (await sendsSoFar(run, id)) > 0;

/** Keeps a definition that is about to be sent. @returns the hash by which it is found; undefined if no rollback can follow */
async function noteSending(run: Run, item: Defined, definition: Definition): Promise<string | undefined> {
  if (!run.definitions.isKeeping) return undefined;
  const parts = withoutEnvironment(definition.parts, item.variables ?? {}, run.variables);
  const hash = hashDefinition(parts);
  await run.definitions.keep(sentKey(hash), parts);
  return hash;
}

/** A definition that was sent, as {@link noteSending} has kept it. @param hash of it */
export const keptSend = (run: Run, hash: string): Promise<readonly DefinitionPart[] | undefined> =>
  run.definitions.noted(sentKey(hash));

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
