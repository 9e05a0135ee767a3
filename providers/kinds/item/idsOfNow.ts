import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { formerWorkspaceId } from "../../engine/formerWorkspace.ts";
import type { FormerObject } from "../../run/formerStates.ts";
import type { Run } from "../../run/run.ts";
import type { Defined } from "./itemContent.ts";

/*
 * Content from before a transaction holds ids of other items, of the workspace, and of the item itself. A rollback that has made
 * one of them anew puts the new id in place of the old one.
 */

/** Ids and other values from before the transaction, with those of now. */
export type NewIds = readonly (readonly [string, string])[];

/** An item as a rollback declares it: its references are those of now. */
export interface Restored extends Defined {
  readonly workspaceId: string;
}

/**
 * In a rollback: the item that was there before the transaction.
 * @param id of the item now; undefined if the rollback is about to make it
 */
export async function formerItem(run: Run, item: Restored, id?: string): Promise<FormerObject | undefined> {
  if (!run.isRollback) return undefined;
  const { type, displayName, path, workspaceId } = item;
  const all = await run.formerObjects("Item");
  const alike = all.filter(
    ({ state }) => state["type"] === type && state["displayName"] === displayName && state["path"] === path,
  );
  return (
    (id === undefined ? undefined : all.find((one) => sameIgnoringCase(one.id, id))) ??
    alike.find(({ state }) => sameIgnoringCase(String(state["workspaceId"]), workspaceId)) ??
    (alike.length > 1 ? inSameWorkspace(run, alike, workspaceId) : alike[0])
  );
}

/** Which of several items was in a workspace that the rollback has made anew. */
async function inSameWorkspace(
  run: Run,
  items: readonly FormerObject[],
  workspaceId: string,
): Promise<FormerObject | undefined> {
  const former = await formerWorkspaceId(run, workspaceId);
  return items.find(({ state }) => sameIgnoringCase(String(state["workspaceId"]), former));
}

/** What has changed of what an item's content refers to. @param id see {@link formerItem} */
export function newIdsFor(former: FormerObject, item: Restored, id?: string): NewIds {
  const { workspaceId, references = {} } = item;
  const had = (former.state["references"] ?? {}) as Readonly<Record<string, string>>;
  const [formerWorkspace = "", formerItem = ""] = former.id.split("/");
  const pairs: NewIds = [
    [formerWorkspace, workspaceId],
    ...(id === undefined ? [] : ([[formerItem, id.split("/")[1] ?? ""]] as const)),
    ...Object.entries(references).map(([key, now]) => [had[key] ?? now, now] as const),
  ];
  return pairs.filter(([before, now]) => before !== "" && before !== now);
}

/** Parts of a definition with the ids of now. */
export const withNewIds = (parts: readonly DefinitionPart[], ids: NewIds): readonly DefinitionPart[] =>
  ids.length === 0 ? parts : parts.map((part) => withIds(part, ids));

function withIds(part: DefinitionPart, ids: NewIds): DefinitionPart {
  const bytes = Buffer.from(part.payload, "base64");
  const text = bytes.toString();
  // binary content
  if (!Buffer.from(text).equals(bytes)) return part;
  const renewed = ids.reduce((changed, [before, now]) => changed.replaceAll(before, now), text);
  return { ...part, payload: Buffer.from(renewed).toString("base64") };
}
