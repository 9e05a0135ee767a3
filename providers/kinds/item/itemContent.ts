import { z } from "zod";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { hashDefinition, readItemDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { DOUBTFUL } from "../../engine/field.ts";
import { pathOf } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";

/** Parts come in one encoding only; another one would be taken for other content. */
const definitionAnswer = z.object({
  definition: z.object({
    parts: z.array(z.object({ path: z.string().min(1), payload: z.string(), payloadType: z.literal("InlineBase64") })),
  }),
});

/** Where items stand. */
export const itemPlace = { in: "workspace", collection: "items" } as const;

/** What was last sent as an item's definition, and what the service made of it: it may add and reorder what it likes. */
export interface Sent {
  /** Hash of what was sent. */
  readonly definitionHash: string;
  /** Hash of what the service gave back right after that. */
  readonly contentHash: string;
}

/** An item with a definition, as far as its content matters. */
export interface Defined {
  readonly type: string;
  readonly displayName: string;
  readonly definitionHash?: string | undefined;
  /** Absent where definitions were not looked at when it was sent; it then counts as kept as it was. */
  readonly sent?: Sent | undefined;
}

/** The definition as the service has it. */
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

/** What the service made of a definition that was sent a moment ago; undefined where nobody wants to know, or it does not tell. */
export async function noteSent(run: Run, id: string, item: Defined): Promise<Sent | undefined> {
  const { definitionHash } = item;
  if (!run.watchesContent || definitionHash === undefined) return undefined;
  try {
    return { definitionHash, contentHash: hashDefinition(await readDefinition(run, id, item)) };
  } catch (error) {
    // the item is as declared; only the comparison has to do without this
    if (isFabricError(error)) return undefined;
    throw error;
  }
}

/**
 * The hash of an item's definition for the state: of what was sent, as long as it is still there; else of what is there,
 * so that the next up sends the declared one again.
 * @throws Error where a change at the service is to be a failure
 */
export async function definitionHashNow(run: Run, id: string, state: Defined): Promise<string | undefined> {
  const { definitionHash } = state;
  // also of an item whose first definition was on its way
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
 * Looks before another definition is sent: what somebody changed at the service, and no refresh has shown, is not
 * overwritten without a word.
 * @returns whether the edit stays, and the declared definition is not sent
 * @throws Error where a change at the service is to be a failure
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

/** The hash of what an item holds, where that is not what was sent. */
async function changedContent(run: Run, id: string, item: Defined, sent: Sent): Promise<string | undefined> {
  const parts = await readDefinition(run, id, item).catch(unlessUnreadable);
  const live = parts && hashDefinition(parts);
  return live === sent.contentHash ? undefined : live;
}

/** Nothing, where the service does not give the definition of such an item to anybody. @throws any other error */
export function unlessUnreadable(error: unknown): undefined {
  if (!isFabricError(error, "OperationNotSupportedForItem", "ItemHasProtectedLabel")) throw error;
}

/** An item, and where its definition lies, relative to the project. */
interface Declared extends Defined {
  readonly workspaceId: string;
  readonly path?: string | undefined;
  readonly creationPayload?: Readonly<Record<string, unknown>> | undefined;
}

interface Definition {
  readonly parts: readonly DefinitionPart[];
}

/** The definition to send: from the files, or in a rollback what was there before, because the files have changed. */
export async function definitionFor(run: Run, inputs: Declared): Promise<Definition | undefined> {
  const { path, definitionHash, workspaceId } = inputs;
  if (path === undefined || definitionHash === undefined) return undefined;
  return { parts: (await keptOf(run, workspaceId, inputs)) ?? readItemDefinition(path).parts };
}

/** Keeps what an item holds before it is changed or deleted, where a rollback may want it back. */
export async function keepDefinition(run: Run, id: string, old: Defined): Promise<void> {
  if (!run.definitions.isKeeping || old.definitionHash === undefined) return;
  await keepContent(run, id, old);
}

/** Keeps what people have put into an item, before the first definition that is declared takes its place, or it is deleted. */
export async function keepUndeclared(run: Run, id: string, old: Defined): Promise<void> {
  if (!run.definitions.isKeeping || old.definitionHash !== undefined) return;
  // what the service gives to nobody is missed in the rollback, and told there
  await keepContent(run, id, old).catch(unlessUnreadable);
}

async function keepContent(run: Run, id: string, old: Defined): Promise<void> {
  if (await run.definitions.has(keyIn(workspaceIn(id), old))) return;
  await keepParts(run, id, old, await readDefinition(run, id, old));
}

/**
 * What an item without a declared definition held before this transaction declared one, in its rollback.
 * @returns undefined if there is nothing to be taken back
 * @throws Error if the service did not give the definition before it was replaced
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
 * Puts back what people had put into an item without a declared definition, after a rollback had to make the item anew. A new
 * item that holds the same by itself is left as it is.
 */
export async function restoreUndeclared(run: Run, id: string, item: Declared): Promise<void> {
  if (!run.isRollback || item.definitionHash !== undefined || item.creationPayload !== undefined) return;
  const parts = await keptOf(run, item.workspaceId, item);
  if (!parts) return;
  const live = await readDefinition(run, id, item).catch(unlessUnreadable);
  if (live && hashDefinition(live) !== hashDefinition(parts)) await sendDefinition(run, id, item, { parts });
}

/** Keeps parts for one workspace, and for an item that is made again in a workspace that is made again. */
async function keepParts(run: Run, id: string, item: Defined, parts: readonly DefinitionPart[]): Promise<void> {
  await run.definitions.keep(keyIn(workspaceIn(id), item), parts);
  await run.definitions.keep(keyOf(item), parts);
}

const keptOf = async (run: Run, workspaceId: string, item: Defined) =>
  (await run.definitions.kept(keyIn(workspaceId, item))) ?? run.definitions.kept(keyOf(item));

const workspaceIn = (id: string) => id.split("/")[0] ?? "";

/** Puts a definition in the place of an item's own. */
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

/** Gives an adopted item the definition back that it had, where that was kept. @returns whether it was */
export async function giveBackDefinition(run: Run, id: string, before: Defined): Promise<boolean> {
  const parts = before.definitionHash === undefined ? undefined : await keptOf(run, workspaceIn(id), before);
  if (parts) await sendDefinition(run, id, before, { parts });
  return parts !== undefined;
}

/**
 * What an adopted item holds before the declared definition takes its place: kept where a rollback may want it back, and
 * told, because nobody has seen it in a preview.
 * @returns its hash; undefined where the service does not give it
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

/** Two workspaces may have the same items, which people have changed in only one of them. */
const keyIn = (workspaceId: string, item: Defined) => `${workspaceId.toLowerCase()}/${keyOf(item)}`;
const keyOf = ({ type, displayName, definitionHash }: Defined) => `${type}/${displayName}/${definitionHash ?? ""}`;
