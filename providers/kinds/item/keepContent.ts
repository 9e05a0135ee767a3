import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import type { Run } from "../../run/run.ts";
import { noteBefore, noteBeforeInstead } from "./contentBefore.ts";
import { lostVariables, readDefinition, unlessUnreadable, workspaceIn } from "./itemContent.ts";
import type { Defined } from "./itemContent.ts";
import { keyIn, keyOf } from "./keptContent.ts";
import { hasBeenSent } from "./sends.ts";

/* Keeps content of items with the log before a transaction replaces or deletes it. */

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
  if ((await hasBeenSent(run, id)) && (await run.definitions.has(keyIn(workspaceIn(id), old)))) return undefined;
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
 * Keeps parts by the item's id, because its name may be another one when they are needed. Earlier versions look under two keys:
 * one for this workspace, and one for a recreated item in a recreated workspace.
 */
export async function keepParts(run: Run, id: string, item: Defined, parts: readonly DefinitionPart[]): Promise<void> {
  // until something is sent, the content of now is the one from before: what an earlier run kept may have been edited since
  const isFirst = !(await hasBeenSent(run, id));
  await (isFirst ? noteBeforeInstead : noteBefore)(run, id, parts);
  for (const key of [keyIn(workspaceIn(id), item), keyOf(item)])
    await (isFirst ? run.definitions.keepInstead(key, parts) : run.definitions.keep(key, parts));
}
