import { z } from "zod";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { hashDefinition, readItemDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { DOUBTFUL } from "../../engine/field.ts";
import { pathOf } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";

/** Parts have only this encoding; any other encoding would be mistaken for different content. */
const definitionAnswer = z.object({
  definition: z.object({
    parts: z.array(z.object({ path: z.string().min(1), payload: z.string(), payloadType: z.literal("InlineBase64") })),
  }),
});

/** The place of items at the service. */
export const itemPlace = { in: "workspace", collection: "items" } as const;

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

/** The properties of an item that its content depends on. */
export interface Defined {
  readonly type: string;
  readonly displayName: string;
  readonly definitionHash?: string | undefined;
  /** Absent if the last send did not read the definition back. The content then counts as unchanged. */
  readonly sent?: Sent | undefined;
}

/** Reads the service's present definition. */
export async function readDefinition(run: Run, id: string, { type, displayName }: Defined): Promise<DefinitionPart[]> {
  const { definition } = await run.read({
    method: "POST",
    path: `${pathOf(itemPlace, id)}/getDefinition`,
    operation: `read the definition of ${type} '${displayName}'`,
    replaySafe: true,
    answer: definitionAnswer,
  });
  return definition.parts;
}

/** Reads back a definition that was just sent; undefined if no comparison needs it, or the service does not return it. */
export async function noteSent(run: Run, id: string, item: Defined): Promise<Sent | undefined> {
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
 * The definition hash for the state: the hash of the sent definition, as long as the item still holds that definition;
 * otherwise the hash of the item's own content, so that the next up sends the declared definition again.
 * @throws Error if the content was changed and `fabric:onDrift` is `fail`
 */
export async function definitionHashNow(run: Run, id: string, state: Defined): Promise<string | undefined> {
  const { definitionHash } = state;
  // this includes an item whose first definition was being sent
  if (await run.undoOf("restoreDefinition", id)) return DOUBTFUL;
  if (definitionHash === undefined) return undefined;
  const sent = sentOf(state);
  if (!run.watchesContent || !sent) return definitionHash;
  const live = await changedContent(run, id, state, sent);
  if (live === undefined) return sent.definitionHash;
  const what = `${state.type} '${state.displayName}' was changed at the service since it was deployed`;
  if (run.onDrift === "fail") {
    throw new Error(
      `${what}, and fabric:onDrift is fail. Take the change over into the project and deploy, undo it at the service, or ` +
        `set fabric:onDrift: overwrite.`,
    );
  }
  if (run.onDrift === "warn") {
    run.warn(`${what}. It stays like that (fabric:onDrift: warn).`);
    return sent.definitionHash;
  }
  run.warn(`${what}. The next up overwrites it with the declared definition.`);
  return live;
}

/**
 * Looks at an item before another definition is sent, so that an edit at the service that no refresh has shown is not
 * overwritten silently.
 * @returns whether the edit stays and the declared definition is not sent
 * @throws Error if the content was changed and `fabric:onDrift` is `fail`
 */
export async function staysAsEdited(run: Run, id: string, old: Defined): Promise<boolean> {
  const sent = sentOf(old);
  const isShown = old.definitionHash !== sent?.definitionHash;
  if (!run.watchesContent || run.isRollback || !sent || isShown) return false;
  if ((await changedContent(run, id, old, sent)) === undefined) return false;
  const what = `The definition of ${old.type} '${old.displayName}' was changed at the service since it was deployed`;
  if (run.onDrift === "fail")
    throw new Error(`${what}, and another one is declared: nothing was overwritten (fabric:onDrift: fail).`);
  const stays = run.onDrift === "warn";
  const becomes = stays
    ? "that change stays (fabric:onDrift: warn)"
    : "that change is overwritten with the declared one";
  run.warn(`${what}: ${becomes}.`);
  return stays;
}

function sentOf({ sent, definitionHash }: Defined): Sent | undefined {
  if (sent || definitionHash === undefined || definitionHash === DOUBTFUL) return sent;
  return { definitionHash, contentHash: definitionHash };
}

/** The hash of an item's content; undefined if the content equals the sent definition or cannot be read. */
async function changedContent(run: Run, id: string, item: Defined, sent: Sent): Promise<string | undefined> {
  const parts = await readDefinition(run, id, item).catch(unlessUnreadable);
  const live = parts && hashDefinition(parts);
  return live === sent.contentHash ? undefined : live;
}

/** Ignores the errors of items whose definition the service returns to nobody. @throws any other error */
export function unlessUnreadable(error: unknown): undefined {
  if (!isFabricError(error, "OperationNotSupportedForItem", "ItemHasProtectedLabel")) throw error;
}

/** A declared item, with the folder of its definition relative to the project. */
interface Declared extends Defined {
  readonly workspaceId: string;
  readonly path?: string | undefined;
  readonly creationPayload?: Readonly<Record<string, unknown>> | undefined;
}

interface Definition {
  readonly parts: readonly DefinitionPart[];
}

/** The definition to send: from the files, or in a rollback the kept definition, because the files have changed since. */
export async function definitionFor(run: Run, inputs: Declared): Promise<Definition | undefined> {
  const { path, definitionHash, workspaceId } = inputs;
  if (path === undefined || definitionHash === undefined) return undefined;
  return { parts: (await keptOf(run, workspaceId, inputs)) ?? readItemDefinition(path).parts };
}

/** Keeps an item's definition before a change or delete, if a rollback may need it. */
export async function keepDefinition(run: Run, id: string, old: Defined): Promise<void> {
  if (!run.definitions.isKeeping || old.definitionHash === undefined) return;
  await keepContent(run, id, old);
}

/**
 * Keeps content that people have put into an item without a declared definition. Call this before the first declared definition
 * replaces the content, and before the item is deleted.
 */
export async function keepUndeclared(run: Run, id: string, old: Defined): Promise<void> {
  if (!run.definitions.isKeeping || old.definitionHash !== undefined) return;
  // the rollback reports content that the service returns to nobody
  await keepContent(run, id, old).catch(unlessUnreadable);
}

async function keepContent(run: Run, id: string, old: Defined): Promise<void> {
  if (await run.definitions.has(keyIn(workspaceIn(id), old))) return;
  await keepParts(run, id, old, await readDefinition(run, id, old));
}

/**
 * In a rollback: the content that an item without a declared definition had before this transaction declared one.
 * @returns undefined if the transaction replaced no such content
 * @throws Error if the service did not return the content before it was replaced
 */
export async function undeclaredDefinition(
  run: Run,
  id: string,
  wanted: Defined,
  old: Defined,
): Promise<Definition | undefined> {
  const isReplaced = run.isRollback && wanted.definitionHash === undefined && old.definitionHash !== undefined;
  if (!isReplaced) return undefined;
  const parts = await keptOf(run, workspaceIn(id), wanted);
  if (parts) return { parts };
  throw new Error(
    `${wanted.type} '${wanted.displayName}' has the definition that the deployment sent: the one from before was not kept, ` +
      `because the service did not give it. Put it back by hand.`,
  );
}

/**
 * Restores content that people had put into an item without a declared definition, after a rollback recreated the item. A new
 * item that already holds the same content stays as it is.
 */
export async function restoreUndeclared(run: Run, id: string, item: Declared): Promise<void> {
  if (!run.isRollback || item.definitionHash !== undefined || item.creationPayload !== undefined) return;
  const parts = await keptOf(run, item.workspaceId, item);
  if (!parts) return;
  const live = await readDefinition(run, id, item).catch(unlessUnreadable);
  if (live && hashDefinition(live) !== hashDefinition(parts)) await sendDefinition(run, id, item, { parts });
}

/** Keeps parts under two keys: one for this workspace, and one for a recreated item in a recreated workspace. */
async function keepParts(run: Run, id: string, item: Defined, parts: readonly DefinitionPart[]): Promise<void> {
  await run.definitions.keep(keyIn(workspaceIn(id), item), parts);
  await run.definitions.keep(keyOf(item), parts);
}

const keptOf = async (run: Run, workspaceId: string, item: Defined) =>
  (await run.definitions.kept(keyIn(workspaceId, item))) ?? run.definitions.kept(keyOf(item));

const workspaceIn = (id: string) => id.split("/")[0] ?? "";

/** Replaces an item's definition. */
export async function sendDefinition(
  run: Run,
  id: string,
  { type, displayName }: Defined,
  definition: Definition | undefined,
): Promise<void> {
  await run.write(
    {
      operation: "update",
      resourceType: "Item",
      resourceName: displayName,
      resourceId: id,
      compensation: { function: "restoreDefinition", args: { id } },
    },
    {
      method: "POST",
      path: `${pathOf(itemPlace, id)}/updateDefinition`,
      body: { definition },
      operation: `update the definition of ${type} '${displayName}'`,
      replaySafe: true,
    },
  );
}

/** Restores the former definition of an adopted item, if it was kept. @returns whether it was kept */
export async function giveBackDefinition(run: Run, id: string, before: Defined): Promise<boolean> {
  const parts = before.definitionHash === undefined ? undefined : await keptOf(run, workspaceIn(id), before);
  if (parts) await sendDefinition(run, id, before, { parts });
  return parts !== undefined;
}

/**
 * Reads an adopted item's definition before the declared one replaces it. Keeps the definition if a rollback may need it, and
 * warns of the replacement, because no preview has shown it.
 * @returns the definition's hash; undefined if the service does not return the definition
 */
export async function definitionToReplace(
  run: Run,
  id: string,
  before: Defined,
  { definitionHash }: Defined,
): Promise<string | undefined> {
  const parts = await readDefinition(run, id, before).catch(unlessUnreadable);
  if (!parts) return undefined;
  const hash = hashDefinition(parts);
  if (hash === definitionHash) return hash;
  if (run.definitions.isKeeping) await keepParts(run, id, { ...before, definitionHash: hash }, parts);
  run.warn(`${before.type} '${before.displayName}' existed with another definition: the declared one takes its place.`);
  return hash;
}

/** Key of a kept definition. Two workspaces may have the same items, edited by people in only one of them. */
export const keyIn = (workspaceId: string, item: Defined) => `${workspaceId.toLowerCase()}/${keyOf(item)}`;
const keyOf = ({ type, displayName, definitionHash }: Defined) => `${type}/${displayName}/${definitionHash ?? ""}`;
