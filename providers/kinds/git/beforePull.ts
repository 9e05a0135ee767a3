import { isFabricError } from "../../../lib/api/fabricError.ts";
import { isDataBearing } from "../../../lib/api/itemType.ts";
import type { Values } from "../../../lib/transactions/written.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { readDefinition, unlessUnreadable } from "../item/itemContent.ts";
import { itemsNow } from "../item/items.ts";
import { whereOf } from "./fields.ts";
import type { GitInputs } from "./fields.ts";
import {
  asParts,
  formerContentKey,
  isNamed,
  overwrittenBy,
  propertyOf,
  pulledContentKey,
  pulledValuesKey,
  pulledValuesOf,
  pullsIn,
} from "./pullNote.ts";
import type { Pulled, PulledItem } from "./pullNote.ts";
import { readGitStatus } from "./status.ts";

/* Keeps what a rollback needs of a workspace: just before a pull what there is, and just after it what it became. */

/**
 * Notes, just before a pull, the content of a workspace that existed before this run, for a later rollback.
 * @returns values for the intent; none if no rollback can follow, or the workspace is new
 * @throws Error that names what could not be restored, if `useRollback` is on and the declaration does not allow such a loss
 */
export async function beforePulling(run: Run, inputs: GitInputs, commit: string | null | undefined): Promise<Values> {
  const { workspaceId, allowOverwrite } = inputs;
  if (!run.definitions.isKeeping || run.isNewWorkspace(workspaceId)) return {};
  const items = await itemsNow(run, workspaceId);
  const { changes, workspaceHead } = await readGitStatus(run, workspaceId);
  const coming = changes.flatMap(({ itemMetadata: { itemIdentifier, itemType: type, displayName }, remoteChange }) =>
    remoteChange ? [{ remoteChange, type, displayName, id: itemIdentifier.objectId ?? undefined }] : [],
  );
  const isThere = ({ id, type, displayName }: { id?: string | undefined; type: string; displayName: string }) =>
    items.find((item) => (id === undefined ? isNamed(item, { type, displayName }) : sameIgnoringCase(item.id, id)));
  const changed: PulledItem[] = [];
  const lost: string[] = [];
  for (const one of coming) {
    const item = isThere(one);
    if (!item) continue;
    const { id, type, displayName } = item;
    if (one.remoteChange === "Deleted" && isDataBearing(type))
      lost.push(`${type} '${displayName}' would be deleted with its data`);
    if (one.remoteChange === "Deleted") continue;
    const parts = await readDefinition(run, `${workspaceId}/${id}`, { type, displayName }).catch(unlessUnreadable);
    if (parts) await run.definitions.keep(formerContentKey(id), parts);
    else lost.push(`${type} '${displayName}' would be changed, and the service does not give its definition`);
    changed.push({ id, type, displayName, description: item.description ?? "" });
  }
  if (lost.length > 0 && !allowOverwrite && run.rollsBackFailures) {
    throw new Error(
      `The workspace was not updated from ${whereOf(inputs)}, because a rollback could not give back what would be lost: ` +
        `${lost.join("; ")}. Take that out of the branch, or set git.allowOverwrite: true.`,
    );
  }
  const pulled: Pulled = {
    head: workspaceHead ?? null,
    items: items.map(({ id }) => id),
    added: coming
      .filter((one) => one.remoteChange !== "Deleted" && !isThere(one))
      .map(({ type, displayName }) => ({ type, displayName })),
    changed,
    deleted: coming
      .filter(({ remoteChange }) => remoteChange === "Deleted")
      .map(({ type, displayName }) => ({ type, displayName })),
  };
  return { [propertyOf(commit, pulled)]: pulled };
}

/** Keeps what a pull has made of items that were there, so that a rollback can tell later edits from it. */
export async function afterPulling(run: Run, workspaceId: string, before: Values): Promise<void> {
  const overwritten = overwrittenBy(pullsIn(before));
  const items = overwritten.size > 0 ? await itemsNow(run, workspaceId).catch(unlessFabricError) : [];
  for (const item of overwritten.values()) {
    const now = items?.find(({ id }) => sameIgnoringCase(id, item.id));
    if (now) await run.definitions.keepInstead(pulledValuesKey(item.id), asParts(pulledValuesOf(now)));
    try {
      const parts = await readDefinition(run, `${workspaceId}/${item.id}`, item);
      await run.definitions.keepInstead(pulledContentKey(item.id), parts);
    } catch (error) {
      unlessFabricError(error);
    }
  }
}

/** A look after a pull may fail: the workspace is as declared. @throws any other error */
function unlessFabricError(error: unknown): undefined {
  if (!isFabricError(error)) throw error;
}
