import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { idShape, itemShape } from "../../../lib/api/objects.ts";
import { differing } from "../../engine/change.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { contentBefore, noteBeforeInstead } from "./contentBefore.ts";
import { staysAsEdited } from "./contentDrift.ts";
import { renewIds, restoreUndeclared, undeclaredDefinition } from "./contentInRollback.ts";
import { deployDefinition, sendDefinition } from "./contentWrites.ts";
import { keepTexts } from "./definitionToSend.ts";
import { onceTheNameIsFree } from "./freeName.ts";
import { restoreFurther } from "./furtherValues.ts";
import { formerItem } from "./idsOfNow.ts";
import type { Defined } from "./itemContent.ts";
import { itemBefore } from "./itemFields.ts";
import type { ItemChange, ItemOutputs } from "./itemFields.ts";
import { keepDefinition, keepUndeclared } from "./keepContent.ts";
import { laterContent } from "./laterContent.ts";
import { bindConnections } from "./modelConnections.ts";
import { hasBeenSent } from "./sends.ts";
import { noteSent } from "./sentNote.ts";
import { activateValueSet } from "./valueSet.ts";

/* Brings an item to its declared values. */

/** What a change does with the content of an item. */
interface ContentPlan {
  /**
   * - `send`: gives the item its declared definition; in a rollback that from before.
   * - `renew`: a rollback whose transaction has sent no definition: nothing is given back, only ids in the content may be new.
   * - `leave`: sends nothing that is declared.
   */
  readonly content: "send" | "renew" | "leave";
  /** Whether an earlier attempt at the rollback has made the item anew, and has failed or was killed then. */
  readonly isAnew: boolean;
}

/**
 * Brings an item to its declared values.
 * @returns the outputs that have changed
 * @throws Error if somebody has changed the content at the service and `fabric:onDrift` is `fail`
 */
export async function convergeItem(change: ItemChange): Promise<Partial<ItemOutputs>> {
  const { run, id, wanted, old } = change;
  const { content, isAnew } = await planContent(change);
  await renameAndMove(change);
  const isLater = await convergeContent(change, content);
  await convergeBindings(change);
  const theirs = old && content !== "renew" && !isLater && (await undeclaredDefinition(run, id, wanted, old));
  if (theirs) await sendDefinition(run, id, wanted, theirs);
  if (isAnew) {
    await restoreUndeclared(run, id, wanted);
    await restoreFurther(run, id, wanted);
  }
  return content === "send" || !old ? { sent: await noteSent(run, id, wanted, isLater) } : {};
}

/**
 * Decides about the content, before anything is written.
 * @throws Error if the content was changed at the service since it was deployed, and `fabric:onDrift` is `fail`
 */
async function planContent({ run, id, wanted, old, found }: ItemChange): Promise<ContentPlan> {
  const former = await formerItem(run, wanted, id);
  const isAnew = former !== undefined && !sameIgnoringCase(former.id, id);
  const isRestored = run.isRollback && !isAnew && (former ?? old) !== undefined;
  if (isRestored && !(await hasBeenSent(run, id))) return { content: "renew", isAnew };
  const isOther =
    wanted.definitionHash !== undefined &&
    (wanted.definitionHash !== (old ?? found)?.definitionHash ||
      !isDeepStrictEqual(wanted.references, old?.references) ||
      !isDeepStrictEqual(wanted.variables, old?.variables));
  const isSent = isOther && !(old && (await staysAsEdited(run, id, old)));
  return { content: isSent ? "send" : "leave", isAnew };
}

/**
 * Gives the item the content that is planned.
 * @returns whether a rollback has left what somebody has put into the item since its transaction sent a definition
 */
async function convergeContent(
  { run, id, wanted, old }: ItemChange,
  content: ContentPlan["content"],
): Promise<boolean> {
  if (content === "renew") {
    await renewIds(run, id, wanted);
    return false;
  }
  const isSent = content === "send";
  const isTakenAway = old?.definitionHash !== undefined && wanted.definitionHash === undefined;
  const isGivenBack = run.isRollback && (isSent || isTakenAway);
  if (isGivenBack && (await isEditedLater(run, id, wanted, old ?? wanted))) return true;
  if (!isSent || (old && (await staysAsEditedBetween(run, id, old)))) return false;
  const had = old && ((await keepDefinition(run, id, old)) ?? (await keepUndeclared(run, id, old)));
  await deployDefinition(run, id, wanted, had);
  await keepTexts(run, wanted);
  return false;
}

/** Activates the value set and binds the connections, after the definition, which has the value set. */
async function convergeBindings({ run, id, wanted, old, givenBack }: ItemChange): Promise<void> {
  const isOtherSet = givenBack ? "activeValueSet" in givenBack : wanted.activeValueSet !== old?.activeValueSet;
  if (isOtherSet) await activateValueSet(run, id, wanted);
  if (!givenBack && !isDeepStrictEqual(wanted.connections, old?.connections)) await bindConnections(run, id, wanted);
  const { connections } = givenBack ?? {};
  if (connections) await bindConnections(run, id, { ...wanted, connections }, "go");
}

/** In a rollback: whether somebody has put content into an item since the transaction sent its own. It stays. */
async function isEditedLater(
  run: Run,
  id: string,
  wanted: Defined & { workspaceId: string },
  old: Defined,
): Promise<boolean> {
  return (await laterContent(run, id, old, [await contentBefore(run, wanted, id)])) !== undefined;
}

/**
 * Looks at an item that an earlier run of the transaction sent a definition to. What somebody has put into it since comes back in
 * a rollback.
 * @returns whether it stays now, too (`fabric:onDrift: warn`)
 * @throws Error if `fabric:onDrift` is `fail`
 */
async function staysAsEditedBetween(run: Run, id: string, old: Defined): Promise<boolean> {
  if (run.isRollback || !run.definitions.isKeeping) return false;
  const later = await laterContent(run, id, old);
  if (!later) return false;
  await noteBeforeInstead(run, id, later);
  const what = `The definition of ${old.type} '${old.displayName}' was changed at the service since an earlier run was cut off`;
  if (run.watchesContent && run.onDrift === "fail")
    throw new Error(`${what}: it was not overwritten (fabric:onDrift: fail).`);
  const stays = run.watchesContent && run.onDrift === "warn";
  run.warn(`${what}: ${stays ? "that stays (fabric:onDrift: warn)" : "that is overwritten with the declared one"}.`);
  return stays;
}

/** The answer to a move: the item, with the items in it. */
const movedShape = z.object({ value: z.array(z.object({ id: idShape })).min(1) });

/** Brings name, description and folder to their declared values. */
export async function renameAndMove(change: ItemChange): Promise<void> {
  const { run, now, wanted, path, write } = change;
  const { displayName, description, folderId } = wanted;
  const before = itemBefore(now);
  const body = differing(before, { displayName, description });
  if (Object.keys(body).length > 0)
    await onceTheNameIsFree(run, () => write({ method: "PATCH", path, body, answer: itemShape }, body));
  if (!sameIgnoringCase(before.folderId, folderId)) {
    const operation = `move ${wanted.type} '${displayName}'`;
    const body = { targetFolderId: folderId };
    const answer = movedShape;
    await write({ method: "POST", path: `${path}/move`, body, operation, answer, replaySafe: true }, { folderId });
  }
}
