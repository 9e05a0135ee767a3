import { hashDefinition, readDefinitionParts, readPlatform } from "../../../lib/api/itemDefinition.ts";
import { withoutEnvironment } from "../../../lib/content/environmentValues.ts";
import { resolvedDefinition } from "../../../lib/content/resolvedDefinition.ts";
import { valuesOf, withValues } from "../../../lib/content/itemValues.ts";
import { DOUBTFUL } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import type { Sent } from "./sentNote.ts";
import { comparedHash, ownReference, valueIn } from "./definitionToSend.ts";
import { lostVariables, readDefinition, unlessUnreadable, workspaceIn } from "./itemContent.ts";
import type { Defined } from "./itemContent.ts";

/* Whether somebody has changed the content of an item at the service since it was deployed. */

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
