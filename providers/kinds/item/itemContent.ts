import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { hashDefinition, readDefinitionParts, readPlatform } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { hasDefinition } from "../../../lib/api/itemType.ts";
import { formatOf, hasMoreThanPayload, payloadOf } from "../../../lib/content/contentRules.ts";
import { withEnvironment, withoutEnvironment } from "../../../lib/content/environmentValues.ts";
import type { Variables } from "../../../lib/content/environmentValues.ts";
import { resolvedDefinition } from "../../../lib/content/resolvedDefinition.ts";
import type { NamedPool } from "../../../lib/content/itemValues.ts";
import { hashWithValues, referenceText, valuesOf, withPool, withValues } from "../../../lib/content/itemValues.ts";
import type { DynamicReference } from "../../../lib/content/values/reference.ts";
import { textFiles } from "../../../lib/content/textFiles.ts";
import { DOUBTFUL } from "../../engine/field.ts";
import { pathOf } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";
import { publishEnvironment } from "./environment.ts";
import { changeOfItem } from "./itemIntent.ts";
import { itemPlace } from "./itemPlace.ts";
import { formerItem, newIdsFor, withNewIds } from "./idsOfNow.ts";
import { contentBefore, laterContent, noteBefore, noteSending, notedBefore } from "./laterContent.ts";
import type { Sent } from "./sentNote.ts";

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
}

/** Parts have only this encoding; any other encoding would be mistaken for different content. */
const definitionAnswer = z.object({
  definition: z.object({
    parts: z.array(z.object({ path: z.string().min(1), payload: z.string(), payloadType: z.literal("InlineBase64") })),
  }),
});

/** A Spark pool that a workspace can use. */
const poolShape = z.object({ id: z.string(), name: z.string(), type: z.string() });

/** The properties of an item that its content depends on. */
export interface Defined {
  /** Folder of the files, relative to the project. */
  readonly path?: string | undefined;
  /** See {@link Surroundings.references}. */
  readonly references?: Readonly<Record<string, string>> | undefined;
  /** See {@link valuesOf}. */
  readonly values?: readonly object[] | undefined;
  /** Salted hashes of the environment variables that the values take. */
  readonly variables?: Variables | undefined;
  readonly sparkPool?: NamedPool | undefined;
  readonly type: string;
  readonly displayName: string;
  readonly definitionHash?: string | undefined;
  /** Hashes of the files by path; absent in states of earlier versions. */
  readonly parts?: Readonly<Record<string, string>> | undefined;
  /** Absent if the last send did not read the definition back. The content then counts as unchanged. */
  readonly sent?: Sent | undefined;
}

/**
 * Reads the service's present definition, in the format in which the item's files are, and with the names of environment
 * variables in place of their values.
 */
export async function readDefinition(run: Run, id: string, item: Defined): Promise<DefinitionPart[]> {
  const { type, displayName } = item;
  const format = formatOf(type, Object.keys(item.parts ?? {}));
  const { definition } = await run.read({
    method: "POST",
    path: `${pathOf(itemPlace, id)}/getDefinition${format === undefined ? "" : `?format=${format}`}`,
    operation: `read the definition of ${type} '${displayName}'`,
    replaySafe: true,
    answer: definitionAnswer,
  });
  return [...withoutEnvironment(definition.parts, item.variables ?? {}, run.variables)];
}

/** Variables whose former values nobody knows any more, so that they cannot be told from other text in a definition. */
const lostVariables = (run: Run, { variables = {} }: Defined) => run.variables.changed(variables);

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
  const sent = sentOf(run, id, state);
  if (!run.watchesContent || !sent || lostVariables(run, state).length > 0) return definitionHash;
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
  const sent = sentOf(run, id, old);
  const isShown = old.definitionHash !== sent?.definitionHash;
  if (!run.watchesContent || run.isRollback || !sent || isShown || lostVariables(run, old).length > 0) return false;
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

/** What was last sent. A state without the note holds what an up without `contentDrift` has sent. */
function sentOf(run: Run, id: string, item: Defined): Sent | undefined {
  const { sent, definitionHash } = item;
  if (sent || definitionHash === undefined || definitionHash === DOUBTFUL) return sent;
  const resolved = resolvedHash(run, id, item);
  // without the files nobody knows what was put into them
  if (resolved === undefined && (item.references || item.values || item.sparkPool)) return undefined;
  return { definitionHash, contentHash: resolved ?? definitionHash };
}

/** The hash of the definition as it is sent, with ids of this workspace; undefined if the files are others by now. */
function resolvedHash(run: Run, id: string, item: Defined): string | undefined {
  const { path = "", type, references = {}, definitionHash } = item;
  try {
    const files = readDefinitionParts(path);
    // the id of a pool is known only to a run that sends it
    if (item.sparkPool || lostVariables(run, item).length > 0 || comparedHash(files, item) !== definitionHash)
      return undefined;
    const valued = withValues(files, valuesOf(item), (reference) => valueIn(run, item, reference), {
      ...{ references, variable: (name) => run.variables.value(name) },
    });
    const own = ownReference(readPlatform(path).logicalId, id);
    const surroundings = { type, references: { ...references, ...own }, workspaceId: workspaceIn(id) };
    const { parts } = resolvedDefinition(valued, surroundings);
    return hashDefinition(withoutEnvironment(parts, item.variables ?? {}, run.variables));
  } catch {
    return undefined;
  }
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

/** A declared item. */
interface Declared extends Defined {
  readonly workspaceId: string;
  readonly creationPayload?: Readonly<Record<string, unknown>> | undefined;
}

/** A definition as the service takes it. */
export interface Definition {
  /** See {@link formatOf}. */
  readonly format?: string | undefined;
  readonly parts: readonly DefinitionPart[];
}

/**
 * The definition to send: from the files, with ids of this workspace; or in a rollback the kept definition, because the files
 * have changed since.
 * @param id the item's id, once it is known; until then an item's reference to itself stays as it is
 * @throws Error if the files have changed since the engine compared them
 */
export const definitionFor = async (run: Run, inputs: Declared, id?: string): Promise<Definition | undefined> =>
  (await definitionById(run, inputs, id))?.(id);

/** {@link definitionFor}, for several ids: the files are read once. */
async function definitionById(
  run: Run,
  inputs: Declared,
  id?: string,
): Promise<((id?: string) => Definition) | undefined> {
  const { path, definitionHash, workspaceId, sparkPool } = inputs;
  if (path === undefined || definitionHash === undefined) return undefined;
  const kept = run.isRollback ? await contentBefore(run, inputs, id) : undefined;
  if (kept) {
    const lost = lostVariables(run, inputs);
    if (lost.length > 0)
      run.warn(
        `${inputs.type} '${inputs.displayName}' has the present value of ${lost.join(", ")}: nobody keeps the former one.`,
      );
    const parts = withEnvironment(kept, run.variables);
    const former = await formerItem(run, inputs, id);
    return (made) =>
      withFormat(inputs, former && made !== undefined ? withNewIds(parts, newIdsFor(former, inputs, made)) : parts);
  }
  const files = readDefinitionParts(path);
  const isOther = comparedHash(files, inputs) !== definitionHash;
  if (isOther && !run.isRollback)
    throw new Error(`The files in ${path} have changed while the deployment ran: deploy again.`);
  // an item that has to be made anew gets the content that there is
  if (isOther && id !== undefined)
    throw new Error(
      `'${inputs.displayName}' has the definition that the deployment sent: the one from before was not kept, and the files in ` +
        `${path} are others by now. Put it back by hand.`,
    );
  const changed = run.isRollback ? [] : lostVariables(run, inputs);
  if (changed.length > 0)
    throw new Error(
      `'${inputs.displayName}' needs the environment variable ${changed.join(", ")} as the program read it, and here it has ` +
        `another value or none: deploy again.`,
    );
  const { logicalId } = readPlatform(path);
  const valued = withValues(files, valuesOf(inputs), (reference) => valueIn(run, inputs, reference), {
    ...{ references: inputs.references, variable: (name) => run.variables.value(name) },
  });
  const parts = withPool(valued, sparkPool, sparkPool && (await poolId(run, workspaceId, sparkPool)));
  return (id) =>
    resolvedDefinition(parts, { ...inputs, references: { ...inputs.references, ...ownReference(logicalId, id) } });
}

/** What an item's own logical id stands for, once the item exists. */
const ownReference = (logicalId: string | undefined, id: string | undefined): Readonly<Record<string, string>> =>
  id === undefined || logicalId === undefined ? {} : { [logicalId]: id.split("/")[1] ?? id };

/** Keeps the texts that an item was deployed with, for later previews. */
export async function keepTexts(run: Run, { path, definitionHash, ...item }: Defined): Promise<void> {
  if (path === undefined || definitionHash === undefined || run.isRollback) return;
  try {
    const parts = asCompared(readDefinitionParts(path), item);
    if (hashWithValues(parts, valuesOf(item)) === definitionHash) await run.noteDeployed(definitionHash, parts);
  } catch {
    // the deployment does not depend on them
  }
}

/** The files with names in place of what is known only at the service: what an item's hash is of. */
const asCompared = (files: readonly DefinitionPart[], item: Defined) =>
  withPool(withValues(files, valuesOf(item)), item.sparkPool);

const comparedHash = (files: readonly DefinitionPart[], item: Defined) =>
  hashWithValues(asCompared(files, item), valuesOf(item));

/** The id of a Spark pool. @throws Error if the workspace cannot use a pool of that name */
async function poolId(run: Run, workspaceId: string, { type, name }: NamedPool): Promise<string> {
  const pools = await run.listOnce(`/workspaces/${workspaceId}/spark/pools`, "list Spark pools", poolShape);
  const found = pools.find((pool) => pool.type === type && pool.name === name);
  if (found) return found.id;
  const known = pools.map((pool) => `${pool.type} '${pool.name}'`).join(", ");
  throw new Error(`The workspace has no Spark pool '${name}' of type ${type}. It can use: ${known || "none"}.`);
}

/** @throws Error if the value is missing, which the program rules out */
function valueIn(run: Run, { references, displayName }: Defined, reference: DynamicReference): string {
  const key = referenceText(reference);
  const value = reference.kind === "environment variable" ? run.variables.value(reference.name) : references?.[key];
  if (value === undefined) throw new Error(`'${displayName}' needs ${key}, and its value is not known.`);
  return value;
}

/** A definition with the name of its format, if the type needs one. */
export const withFormat = ({ type }: Pick<Defined, "type">, parts: readonly DefinitionPart[]): Definition => {
  const format = formatOf(
    type,
    parts.map(({ path }) => path),
  );
  return { ...(format !== undefined && { format }), parts };
};

/** The content of a new item: a definition, or what the type needs to know. The service takes only one of both. */
export async function contentToMake(
  run: Run,
  inputs: Declared,
): Promise<Pick<Declared, "creationPayload"> | { readonly definition: Definition | undefined }> {
  const definition = await definitionFor(run, inputs);
  const creationPayload = inputs.creationPayload ?? (definition && payloadOf(inputs.type, textFiles(definition.parts)));
  return creationPayload ? { creationPayload } : { definition };
}

/** The definition that a new item still needs: what its payload does not hold, and its references to itself. */
export async function contentAfterMaking(run: Run, id: string, inputs: Declared): Promise<Definition | undefined> {
  const byId = inputs.creationPayload ? undefined : await definitionById(run, inputs);
  if (!byId) return undefined;
  const definition = byId(id);
  const files = textFiles(definition.parts);
  if (payloadOf(inputs.type, files)) return hasMoreThanPayload(inputs.type, files) ? definition : undefined;
  return isDeepStrictEqual(byId(), definition) ? undefined : definition;
}

/**
 * Keeps an item's definition before a change or delete, if a rollback may need it.
 * @returns the hash of the definition, if it was read
 */
export async function keepDefinition(run: Run, id: string, old: Defined): Promise<string | undefined> {
  if (!run.definitions.isKeeping || old.definitionHash === undefined) return undefined;
  return keepContent(run, id, old);
}

/**
 * Keeps content that people have put into an item without a declared definition. Call this before the first declared definition
 * replaces the content, and before the item is deleted.
 */
export async function keepUndeclared(run: Run, id: string, old: Defined): Promise<string | undefined> {
  if (!run.definitions.isKeeping || old.definitionHash !== undefined) return undefined;
  // the rollback reports content that the service returns to nobody
  return keepContent(run, id, old).catch(unlessUnreadable);
}

async function keepContent(run: Run, id: string, old: Defined): Promise<string | undefined> {
  if (await run.definitions.has(keyIn(workspaceIn(id), old))) return undefined;
  const lost = lostVariables(run, old);
  if (lost.length > 0) {
    // the definition holds a value that may be secret, and nobody can tell where
    run.warn(
      `The definition of ${old.type} '${old.displayName}' is not kept for a rollback, because it holds the former value of ` +
        `${lost.join(", ")}.`,
    );
    return undefined;
  }
  const parts = await readDefinition(run, id, old);
  await keepParts(run, id, old, parts);
  return hashDefinition(parts);
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
  const parts = await contentBefore(run, item);
  if (!parts) return;
  const live = await readDefinition(run, id, item).catch(unlessUnreadable);
  if (live && hashDefinition(live) !== hashDefinition(parts))
    await sendDefinition(run, id, item, withFormat(item, parts));
}

/**
 * Keeps parts by the item's id, because its name may be another one when they are needed. Earlier versions look under two keys:
 * one for this workspace, and one for a recreated item in a recreated workspace.
 */
async function keepParts(run: Run, id: string, item: Defined, parts: readonly DefinitionPart[]): Promise<void> {
  await noteBefore(run, id, parts);
  await run.definitions.keep(keyIn(workspaceIn(id), item), parts);
  await run.definitions.keep(keyOf(item), parts);
}

/** In a rollback: the definition of an item from before the transaction. */
export const keptOf = async (
  run: Run,
  workspaceId: string,
  item: Defined,
): Promise<readonly DefinitionPart[] | undefined> =>
  (await run.definitions.kept(keyIn(workspaceId, item))) ?? run.definitions.kept(keyOf(item));

const workspaceIn = (id: string) => id.split("/")[0] ?? "";

/** Replaces an item's definition: in a rollback by that from before. An environment is published, too. @param had see {@link SentNote} */
export async function sendDefinition(
  run: Run,
  id: string,
  item: Defined,
  definition: Definition | undefined,
  had?: string,
): Promise<void> {
  await writeDefinition(run, id, item, definition, run.isRollback ? { isBefore: true } : { had });
  if (item.type === "Environment") await publishEnvironment(run, id, item.displayName);
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
  if (hashDefinition(await readDefinition(run, id, item)) === hashDefinition(parts)) return false;
  await sendDefinition(run, id, item, withFormat(item, withEnvironment(parts, run.variables)));
  return true;
}

/** Restores the former definition of an adopted item, if it was kept. @returns whether it was kept */
export async function giveBackDefinition(run: Run, id: string, before: Defined): Promise<boolean> {
  const isKept = before.definitionHash !== undefined;
  const parts = isKept ? ((await notedBefore(run, id)) ?? (await keptOf(run, workspaceIn(id), before))) : undefined;
  if (parts && (await laterContent(run, id, before, [parts]))) return true;
  if (parts) await sendDefinition(run, id, before, withFormat(before, withEnvironment(parts, run.variables)));
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
  wanted: Declared,
): Promise<string | undefined> {
  // in the format of the files, or the same content would look like another
  const parts = await readDefinition(run, id, { ...before, parts: wanted.parts, variables: wanted.variables }).catch(
    unlessUnreadable,
  );
  if (!parts) return undefined;
  const hash = hashDefinition(parts);
  // what was deployed by other means may already be what the files say
  const declared = await definitionFor(run, wanted, id);
  const asRead = declared && withoutEnvironment(declared.parts, wanted.variables ?? {}, run.variables);
  if (hash === wanted.definitionHash || (asRead && hash === hashDefinition(asRead))) return wanted.definitionHash;
  if (run.definitions.isKeeping) await keepParts(run, id, { ...before, definitionHash: hash }, parts);
  run.warn(`${before.type} '${before.displayName}' existed with another definition: the declared one takes its place.`);
  return hash;
}

/** Key of a kept definition. Two workspaces may have the same items, edited by people in only one of them. */
export const keyIn = (workspaceId: string, item: Defined) => `${workspaceId.toLowerCase()}/${keyOf(item)}`;
const keyOf = ({ type, displayName, definitionHash }: Defined) => `${type}/${displayName}/${definitionHash ?? ""}`;
