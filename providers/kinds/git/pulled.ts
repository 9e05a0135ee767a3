import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { hashDefinition } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";
import { isDataBearing } from "../../../lib/api/itemType.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { hashOf } from "../../../lib/transactions/history.ts";
import { valuesToGiveBack } from "../../../lib/transactions/written.ts";
import type { Values } from "../../../lib/transactions/written.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone } from "../../engine/gone.ts";
import type { ValuesGivenBack } from "../../engine/resourceKind.ts";
import type { Run } from "../../run/run.ts";
import { itemsNow } from "../item/items.ts";
import { sendDefinition } from "../item/contentWrites.ts";
import { readDefinition, unlessUnreadable } from "../item/itemContent.ts";
import { whereOf } from "./fields.ts";
import type { GitInputs, GitLink } from "./fields.ts";
import { isSameBranch, leftIn, readConnection } from "./link.ts";
import type { Connection } from "./link.ts";
import { readGitStatus } from "./status.ts";

/*
 * A pull changes a workspace in ways that no compensation can name. The log therefore notes the content from before, so that
 * a rollback can remove the items that came in, and restore the overwritten ones as far as possible.
 */

export const named = z.object({ type: z.string(), displayName: z.string() });

/** The log's note of a pull: the workspace's content before, and what the pull does to it. */
const pulledShape = z.object({
  /** The commit that the workspace was synced with. */
  head: z.string().nullable(),
  /** Ids of all items. */
  items: z.array(z.string()),
  /** Items that the pull adds. */
  added: z.array(named),
  /** Items that the pull overwrites; their definitions are kept beside the log. */
  changed: z.array(named.extend({ id: z.string(), description: z.string().optional() })),
  /** Items that the pull deletes. */
  deleted: z.array(named),
});
type Pulled = Readonly<z.output<typeof pulledShape>>;
type PulledItem = Pulled["changed"][number];

const pullsIn = (before: Values): readonly Pulled[] =>
  Object.values(before).flatMap((value) => pulledShape.safeParse(value).data ?? []);
/**
 * Items that were there before the first of some pulls, and that a pull overwrote, by id; each as it was before it was
 * overwritten first.
 */
function overwrittenBy(pulls: readonly Pulled[]): ReadonlyMap<string, PulledItem> {
  const wasThere = ({ id }: PulledItem) => pulls[0]?.items.some((one) => sameIgnoringCase(one, id));
  const changed = pulls.flatMap((pull) => pull.changed).filter(wasThere);
  return new Map(changed.toReversed().map((item) => [item.id, item] as const));
}

/** Name of an intent's value that says that the workspace's items were committed to a branch. */
const PUSH = "commit to ";

/** Notes, in the intent of a commit to Git, that a rollback cannot take it back. */
export const beforePushing = (inputs: GitInputs): Values => ({ [`${PUSH}${whereOf(inputs)}`]: null });

/** The notes of commits among the values that the writes to a connection found. */
export const pushesIn = (before: Values): Values =>
  Object.fromEntries(Object.entries(before).filter(([name]) => name.startsWith(PUSH)));

/**
 * Name of an intent's value that holds the note of a pull. One commit may be pulled twice, from two folders: each pull has a name
 * of its own, because a second value under one name would count as somebody's change.
 */
const propertyOf = (commit: string | null | undefined, pulled: Pulled) =>
  `pull of ${commit ?? "the branch"} (${hashOf(JSON.stringify(pulled)).slice(0, 8)})`;

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
    if (parts) await run.definitions.keep(keyOf(id), parts);
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
    if (now) await run.definitions.keepInstead(valuesKeyOf(item.id), asParts(valuesOf(now)));
    try {
      const parts = await readDefinition(run, `${workspaceId}/${item.id}`, item);
      await run.definitions.keepInstead(pulledKeyOf(item.id), parts);
    } catch (error) {
      unlessFabricError(error);
    }
  }
}

/** A look after a pull may fail: the workspace is as declared. @throws any other error */
function unlessFabricError(error: unknown): undefined {
  if (!isFabricError(error)) throw error;
}

/** The values of an item that a pull changes. */
const valuesOf = ({ displayName, description }: Pick<FabricItem, "displayName" | "description">) => ({
  displayName,
  description: description ?? "",
});

/** Values as they are kept with the definitions. */
export const asParts = (values: object): DefinitionPart[] => [
  { path: "values", payload: Buffer.from(JSON.stringify(values)).toString("base64"), payloadType: "InlineBase64" },
];

export const keptValues = (parts: readonly DefinitionPart[] | undefined): Values | undefined =>
  parts?.[0] && (JSON.parse(Buffer.from(parts[0].payload, "base64").toString()) as Values);

/** Gives an item that a pull overwrote its name and its description back. @returns what somebody has changed since: that stays */
async function giveValuesBack(run: Run, item: PulledItem, now: FabricItem): Promise<string[]> {
  // logs of earlier versions do not tell
  if (item.description === undefined) return [];
  const pulled = keptValues(await run.definitions.kept(valuesKeyOf(item.id)));
  const live = valuesOf(now);
  const after = Object.fromEntries(Object.entries(pulled ?? live).map(([name, value]) => [name, [value]]));
  const { values, kept } = valuesToGiveBack(live, { before: valuesOf(item), after });
  if (!isDeepStrictEqual(values, live)) await writeValues(run, now, values);
  return kept.map(
    (name) =>
      `${titleOf(item)}, which Git overwrote: its ${name} was changed by somebody else since, and stays; before, it was ` +
      JSON.stringify(valuesOf(item)[name as keyof typeof live]),
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
  const pulled = await run.definitions.kept(pulledKeyOf(item.id));
  if (!pulled) return false;
  const live = hashDefinition(await readDefinition(run, id, item));
  return live !== hashDefinition(pulled) && live !== hashDefinition(before);
}

/**
 * Takes pulls back in a rollback: items that came in are deleted, and overwritten items get their definitions back. A workspace
 * that is still synced with the pulled commit stays synced with it, because nothing can set the commit back. If the workspace
 * was disconnected before, or on another branch, the rollback restores that. A commit to a branch stays, and is told.
 * @param before values of the intents of the writes to the connection
 */
export async function takeBackPulls(run: Run, workspaceId: string, before: Values): Promise<ValuesGivenBack> {
  const pushed = Object.keys(pushesIn(before)).map(
    (name) => `${name.slice(PUSH.length)} keeps the workspace's items: nothing takes back a commit to Git`,
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
    const parts = await run.definitions.kept(keyOf(item.id));
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

/** Deletes items that came from Git, but for those that may hold data. @returns what stays */
export async function takeOut(run: Run, items: readonly FabricItem[]): Promise<string[]> {
  const stays: string[] = [];
  for (const item of items) {
    if (isDataBearing(item.type)) stays.push(`${titleOf(item)}, which came from Git, stays: it may hold data by now`);
    else await deletePulled(run, item);
  }
  return stays;
}

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

const keyOf = (itemId: string) => `pulled over ${itemId.toLowerCase()}`;
const pulledKeyOf = (itemId: string) => `pulled ${itemId.toLowerCase()}`;
const valuesKeyOf = (itemId: string) => `pulled values ${itemId.toLowerCase()}`;
const titleOf = ({ type, displayName }: z.output<typeof named>) => `${type} '${displayName}'`;
export const isNamed = (item: z.output<typeof named>, { type, displayName }: z.output<typeof named>) =>
  item.type === type && sameIgnoringCase(item.displayName, displayName);
