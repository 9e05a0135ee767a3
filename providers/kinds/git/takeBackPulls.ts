import { isDeepStrictEqual } from "node:util";
import { nothing } from "../../../lib/api/answer.ts";
import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { isDataBearing } from "../../../lib/api/itemType.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { valuesToGiveBack } from "../../../lib/transactions/written.ts";
import type { Values } from "../../../lib/transactions/written.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone } from "../../engine/gone.ts";
import type { ValuesGivenBack } from "../../engine/resourceKind.ts";
import type { Run } from "../../run/run.ts";
import { sendDefinition } from "../item/contentWrites.ts";
import { readDefinition } from "../item/itemContent.ts";
import { itemsNow } from "../item/items.ts";
import type { GitLink } from "./fields.ts";
import { isSameBranch, leftIn, readConnection } from "./link.ts";
import type { Connection } from "./link.ts";
import {
  formerContentKey,
  isNamed,
  keptValues,
  overwrittenBy,
  pulledContentKey,
  pulledValuesKey,
  pulledValuesOf,
  pullsIn,
  titleOf,
} from "./pullNote.ts";
import type { PulledItem } from "./pullNote.ts";
import { pushedTo } from "./pushNote.ts";

/* Takes back in a rollback what pulls have done to a workspace. */

/**
 * Takes pulls back in a rollback: items that came in are deleted, and overwritten items get their definitions back. A workspace
 * that is still synced with the pulled commit stays synced with it, because nothing can set the commit back. If the workspace
 * was disconnected before, or on another branch, the rollback restores that. A commit to a branch stays, and is told.
 * @param before values of the intents of the writes to the connection
 */
export async function takeBackPulls(run: Run, workspaceId: string, before: Values): Promise<ValuesGivenBack> {
  const pushed = pushedTo(before).map(
    (where) => `${where} keeps the workspace's items: nothing takes back a commit to Git`,
  );
  const { isChanged, left } = await takeBackItems(run, workspaceId, before);
  return { isChanged, left: [...left, ...pushed] };
}

/** Whether a workspace is on the branch again that the transaction left. */
async function isBackOn(
  run: Run,
  workspaceId: string,
  { gitProviderDetails }: Connection,
  before: Values,
): Promise<boolean> {
  // logs of earlier versions have no note
  const left = leftIn(before) ?? (await run.undoOf<GitLink>("connectGit", workspaceId));
  return left !== undefined && isSameBranch(gitProviderDetails, left.gitProviderDetails);
}

async function takeBackItems(run: Run, workspaceId: string, before: Values): Promise<ValuesGivenBack> {
  const pulls = pullsIn(before);
  const [first] = pulls;
  if (!first) return { isChanged: false, left: [] };
  const now = await readConnection(run, workspaceId);
  const isBack = await isBackOn(run, workspaceId, now, before);
  if (now.gitConnectionState !== "NotConnected" && !isBack) {
    const head = now.gitSyncDetails?.head ?? null;
    if (head === first.head) return { isChanged: false, left: [] };
    const was = first.head ? `commit ${first.head}` : "no commit";
    return {
      isChanged: false,
      left: [`it stays at commit ${head ?? "?"} of its branch: nothing sets it back to ${was}`],
    };
  }
  const items = await itemsNow(run, workspaceId);
  const cameIn = items.filter(
    (item) =>
      !first.items.some((id) => sameIgnoringCase(id, item.id)) &&
      pulls.some(({ added }) => added.some((name) => isNamed(item, name))),
  );
  const remains = await takeOut(run, cameIn);
  let isChanged = remains.length < cameIn.length;
  for (const item of overwrittenBy(pulls).values()) {
    const id = `${workspaceId}/${item.id}`;
    const parts = await run.definitions.kept(formerContentKey(item.id));
    const now = items.find((one) => sameIgnoringCase(one.id, item.id));
    if (now) remains.push(...(await giveValuesBack(run, item, now)));
    if (!parts || !now) remains.push(`${titleOf(item)}, which Git overwrote, could not be given its definition back`);
    else if (await isEditedSince(run, id, item, parts))
      remains.push(`${titleOf(item)}, which Git overwrote, was edited by somebody else since, and stays as it is`);
    else {
      await sendDefinition(run, id, item, { parts });
      isChanged = true;
    }
  }
  const gone = pulls.flatMap(({ deleted }) => deleted).filter((name) => !items.some((item) => isNamed(item, name)));
  remains.push(...gone.map((item) => `${titleOf(item)}, which the branch had deleted, is not made again`));
  return { isChanged, left: remains };
}

/** Gives an item that a pull overwrote its name and its description back. @returns what somebody has changed since: that stays */
async function giveValuesBack(run: Run, item: PulledItem, now: FabricItem): Promise<string[]> {
  // logs of earlier versions do not tell
  if (item.description === undefined) return [];
  const pulled = keptValues(await run.definitions.kept(pulledValuesKey(item.id)));
  const live = pulledValuesOf(now);
  const after = Object.fromEntries(Object.entries(pulled ?? live).map(([name, value]) => [name, [value]]));
  const { values, kept } = valuesToGiveBack(live, { before: pulledValuesOf(item), after });
  if (!isDeepStrictEqual(values, live)) await writeValues(run, now, values);
  return kept.map(
    (name) =>
      `${titleOf(item)}, which Git overwrote: its ${name} was changed by somebody else since, and stays; before, it was ` +
      JSON.stringify(pulledValuesOf(item)[name as keyof typeof live]),
  );
}

async function writeValues(run: Run, { id, workspaceId, type }: FabricItem, values: Values): Promise<void> {
  const resourceName = String(values["displayName"]);
  const intent = {
    operation: "update",
    resourceType: "Item",
    resourceName,
    resourceId: `${workspaceId}/${id}`,
    compensation: null,
  } as const;
  const path = `/workspaces/${workspaceId}/items/${id}`;
  const operation = `give ${type} '${resourceName}' its name and description back`;
  await run.write(intent, { method: "PATCH", path, body: values, operation, answer: itemShape });
}

/** Whether somebody has edited an item since a pull overwrote it. @param before its content before the pull */
async function isEditedSince(
  run: Run,
  id: string,
  item: PulledItem,
  before: readonly DefinitionPart[],
): Promise<boolean> {
  const pulled = await run.definitions.kept(pulledContentKey(item.id));
  if (!pulled) return false;
  const live = hashDefinition(await readDefinition(run, id, item));
  return live !== hashDefinition(pulled) && live !== hashDefinition(before);
}

/** Deletes items that came from Git, but for those that may hold data. @returns what stays */
export async function takeOut(run: Run, items: readonly FabricItem[]): Promise<string[]> {
  const stays: string[] = [];
  for (const item of items) {
    if (isDataBearing(item.type)) stays.push(`${titleOf(item)}, which came from Git, stays: it may hold data by now`);
    else await deletePulled(run, item);
  }
  return stays;
}

/** Deletes an item that came from Git; not finding it is success. */
export async function deletePulled(run: Run, { id, workspaceId, type, displayName }: FabricItem): Promise<void> {
  const intent = {
    operation: "delete",
    resourceType: "Item",
    resourceName: displayName,
    resourceId: `${workspaceId}/${id}`,
    compensation: null,
  } as const;
  const operation = `delete ${type} '${displayName}', which came from Git`;
  const call = {
    method: "DELETE",
    path: `/workspaces/${workspaceId}/items/${id}`,
    operation,
    answer: nothing,
  } as const;
  // an item may go with another one, as a database with its eventhouse
  await deleteOrGone(run, workspaceId, () => run.write(intent, call));
}
