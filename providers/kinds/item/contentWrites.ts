import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { withEnvironment, withoutEnvironment } from "../../../lib/content/environmentValues.ts";
import type { Run } from "../../run/run.ts";
import { definitionFor, withFormat } from "./definitionToSend.ts";
import type { Definition } from "./definitionToSend.ts";
import { publishEnvironment } from "./environment.ts";
import { hasContent, readDefinition, unlessUnreadable } from "./itemContent.ts";
import type { Declared, Defined } from "./itemContent.ts";
import { keepParts } from "./keepContent.ts";
import { sendsSoFar, writeDefinition } from "./sends.ts";

/* Gives items their content, in a deployment and in a rollback. */

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
