import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { isOutcomeUnknown } from "../../../lib/api/fabricError.ts";
import { hasDefinition, isDataBearing, isOfService } from "../../../lib/api/itemType.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { isUnprotected, unprotectedIn } from "../../../lib/config/unprotected.ts";
import { tierOf } from "../../../lib/content/contentRules.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, unlessGoneWith } from "../../engine/gone.ts";
import { defineKind } from "../../engine/resourceKind.ts";
import type { Run } from "../../run/run.ts";
import { withFormat } from "./definitionToSend.ts";
import { readDefinition, unlessUnreadable } from "./itemContent.ts";
import { keyIn } from "./keptContent.ts";
import { itemsNow, itemsOf } from "./items.ts";
import { takeBack } from "./recycleBin.ts";

/** Items that a warning names one by one. */
const MAX_NAMED = 20;

const unlistedItem = z.object({ type: z.string(), name: z.string(), folderId: z.string().optional() });
type UnlistedItem = z.output<typeof unlistedItem>;

/** Items by their id. */
type Unlisted = Readonly<Record<string, UnlistedItem>>;

/**
 * The items of a workspace that nobody declares: what is left of a folder that has gone, or what somebody made by hand. They are
 * told at a deployment and at a refresh. With `orphans: delete`, the resource is always declared empty, so that a refresh shows
 * every such item as drift, a preview lists the deletes, and the next up deletes exactly these. The id is the workspace's.
 */
export const unlistedItems = defineKind<object>()({
  name: "UnlistedItems",
  noun: "unlisted item",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    /** Declared items as `type/name`. Their ids cannot stand here, because a preview may not know them. */
    listed: { schema: z.array(z.string()).transform((names) => names.toSorted()), change: "local" },
    /** The resource's key, by which FABRIC_ALLOW_UNPROTECT allows to delete data; absent if items are only told. */
    deletedAs: { schema: z.string().optional(), change: "local" },
    /** Always empty. It is an input, so that undeclared items show as drift. */
    unlisted: { schema: z.record(z.string(), unlistedItem).optional(), change: "update" },
  },
  place: { of: "workspace", path: "items" },
  removal: "portal",
  outputs: [],
  title: ({ workspaceId }) => `unlisted items of workspace ${workspaceId ?? "?"}`,

  async create(run, { workspaceId, listed, deletedAs }) {
    if (!run.isNewWorkspace(workspaceId))
      tell(run, deletedAs, await unlistedIn(run, workspaceId, await itemsOf(run, workspaceId), listed));
    return { id: workspaceId, outputs: {} };
  },

  read: (run, id, { listed, deletedAs }) =>
    unlessGoneWith(run, id, async () => {
      const items = await itemsOf(run, id);
      const all = await unlistedIn(run, id, items, listed);
      if (deletedAs === undefined) {
        tell(run, deletedAs, all);
        return { inputs: {} };
      }
      const doubtful = doubtfulAmong(items, listed, all);
      if (doubtful.length > 0)
        run.warn(
          `Not declared, and not to be deleted yet, because a declared item of the same type is missing, and each may be that ` +
            `item under another name: ${namesOf(doubtful)}. Deploy, then refresh.`,
        );
      const found = all.filter((item) => !doubtful.includes(item));
      const kept = found.filter((item) => isKept(item, deletedAs));
      if (kept.length > 0)
        run.warn(
          `Not declared, and not deleted, because they hold data: ${namesOf(kept)}. FABRIC_ALLOW_UNPROTECT='${deletedAs}' ` +
            `lets a refresh show them, and the next up delete them.`,
        );
      const shown = found.filter((item) => !kept.includes(item));
      // absent, as it is declared, if there is nothing to delete
      if (shown.length === 0) return { inputs: { unlisted: undefined } };
      const unlisted = shown.map((item): [string, UnlistedItem] => [item.id, shownAs(item)]);
      return { inputs: { unlisted: Object.fromEntries(unlisted) } };
    }),

  async update(run, id, old, { listed, deletedAs, unlisted: wanted = {} }) {
    const { unlisted: shown = {} } = old;
    if (deletedAs === undefined && Object.keys(shown).length + Object.keys(wanted).length === 0) {
      tell(run, deletedAs, await unlistedIn(run, id, await itemsOf(run, id), listed));
      return {};
    }
    const items = await itemsNow(run, id);
    if (deletedAs !== undefined) await deleteShown(run, id, shown, { items, listed, deletedAs, wanted });
    // only a rollback declares some: those that the transaction deleted; the log of this version gives them back later
    if (!(await run.writtenTo("UnlistedItems", id)))
      for (const [itemId, item] of Object.entries(wanted))
        if (!items.some((one) => sameIgnoringCase(one.id, itemId))) await giveBack(run, id, itemId, item);
    return {};
  },

  // the state may never have shown what the transaction has deleted
  async giveBackValues(run, id, { before }) {
    const items = await itemsNow(run, id);
    const left: string[] = [];
    let isChanged = false;
    for (const [itemId, had] of Object.entries(before)) {
      const { data: item } = unlistedItem.safeParse(had);
      if (!item || items.some((one) => sameIgnoringCase(one.id, itemId))) continue;
      const what = `${item.type} '${item.name}'`;
      const isMade = items.some((one) => one.type === item.type && sameIgnoringCase(one.displayName, item.name));
      // an earlier attempt may have made it
      if (isMade && !(await run.wasWrittenByRollback("UnlistedItems", what))) {
        left.push(`${what} was deleted, and is not given back: somebody has made another one of that name since`);
        continue;
      }
      const isRecovered = !isMade && (await giveBack(run, id, itemId, item));
      isChanged ||= !isMade;
      const loss = isRecovered ? undefined : await lossOf(run, id, itemId, item);
      if (loss) left.push(`${what} had to be made anew, and ${loss} cannot be given back`);
    }
    return { isChanged, left };
  },

  // nothing was made
  delete: () => Promise.resolve(),
});

/** What decides which of the shown items go. */
interface Present {
  readonly items: readonly FabricItem[];
  readonly listed: readonly string[];
  readonly deletedAs: string;
  /** Items that stay all the same. */
  readonly wanted: Unlisted;
}

/** Deletes the items that a refresh has shown, as far as they are still the same and still undeclared. */
async function deleteShown(
  run: Run,
  workspaceId: string,
  shown: Unlisted,
  { items, listed, deletedAs, wanted }: Present,
): Promise<void> {
  const isShown = ({ id, type, displayName }: FabricItem) =>
    Object.entries(shown).some(
      ([itemId, item]) => sameIgnoringCase(itemId, id) && item.type === type && item.name === displayName,
    );
  const isWanted = ({ id }: FabricItem) => Object.keys(wanted).some((itemId) => sameIgnoringCase(itemId, id));
  const going = (await unlistedIn(run, workspaceId, items, listed))
    .filter((item) => isShown(item) && !isWanted(item) && !isKept(item, deletedAs))
    // what shows data goes before what holds it
    .toSorted((one, other) => tierOf(other.type) - tierOf(one.type));
  for (const item of going) {
    await keep(run, workspaceId, item);
    const path = `/workspaces/${workspaceId}/items/${item.id}`;
    const operation = `delete ${nameOf(item)}`;
    const intent = {
      ...intentFor(workspaceId, nameOf(item)),
      ...{ before: { [item.id]: shownAs(item) }, after: { [item.id]: null } },
    };
    await deleteOrGone(
      run,
      workspaceId,
      () => run.write(intent, { method: "DELETE", path, operation, answer: nothing }),
      { read: () => run.get(path, `read ${nameOf(item)}`, itemShape), mayBeDone: isOutcomeUnknown },
    );
  }
}

/** Keeps an item's content beside the log. */
async function keep(run: Run, workspaceId: string, { id, type, displayName }: FabricItem): Promise<void> {
  if (!run.definitions.isKeeping || !hasDefinition(type)) return;
  const parts = await readDefinition(run, `${workspaceId}/${id}`, { type, displayName }).catch(unlessUnreadable);
  if (parts) await run.definitions.keep(keptAs(workspaceId, id, type, displayName), parts);
}

const keptAs = (workspaceId: string, id: string, type: string, displayName: string) =>
  keyIn(workspaceId, { type, displayName, definitionHash: id.toLowerCase() });

const shownAs = ({ type, displayName, folderId }: FabricItem): UnlistedItem => ({
  type,
  name: displayName,
  ...(folderId !== undefined && { folderId }),
});

/** What an item that was made anew has lost, in words. */
async function lossOf(run: Run, workspaceId: string, itemId: string, { type, name }: UnlistedItem) {
  if (isDataBearing(type)) return "its data";
  const isKept = !hasDefinition(type) || (await run.definitions.kept(keptAs(workspaceId, itemId, type, name)));
  return isKept ? undefined : "its definition";
}

/**
 * In a rollback: an item that the transaction deleted, from the recycle bin or with the content that was kept.
 * @returns whether it came from the recycle bin, with its id
 */
async function giveBack(
  run: Run,
  workspaceId: string,
  itemId: string,
  { type, name, folderId }: UnlistedItem,
): Promise<boolean> {
  const intent = intentFor(workspaceId, `${type} '${name}'`);
  if (await takeBack(run, workspaceId, itemId, intent)) return true;
  const parts = await run.definitions.kept(keptAs(workspaceId, itemId, type, name));
  const definition = parts && withFormat({ type }, parts);
  const made = await run.write(intent, {
    method: "POST",
    path: `/workspaces/${workspaceId}/items`,
    body: {
      displayName: name,
      type,
      ...(folderId !== undefined && { folderId }),
      ...(definition && { definition }),
    },
    operation: `make ${type} '${name}' again`,
    answer: itemShape,
  });
  run.warn(
    `${type} '${name}' was made again as ${made.id}${parts ? "" : ", without its content"}: it had the id ${itemId}.`,
  );
  return false;
}

/** The object of the resource is the workspace's list of items, which changes. */
const intentFor = (workspaceId: string, resourceName: string) =>
  ({
    operation: "update",
    resourceType: "UnlistedItems",
    resourceName,
    resourceId: workspaceId,
    compensation: null,
  }) as const;

const nameOf = ({ type, displayName }: FabricItem) => `${type} '${displayName}'`;

function namesOf(items: readonly FabricItem[]): string {
  const names = items.map(nameOf).toSorted();
  return `${names.slice(0, MAX_NAMED).join(", ")}${names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ""}`;
}

function tell(run: Run, deletedAs: string | undefined, items: readonly FabricItem[]): void {
  if (items.length === 0) return;
  if (deletedAs === undefined)
    run.warn(
      `In the workspace, but not declared (orphans: report): ${namesOf(items)}. Declare what belongs ` +
        `there, and delete by hand what does not.`,
    );
  else
    run.warn(
      `In the workspace, but not declared (orphans: delete): ${namesOf(items)}. Refresh, and the next up deletes them.`,
    );
}

/** Whether an item holds data that nobody has allowed to delete. */
const isKept = ({ type }: FabricItem, deletedAs: string): boolean =>
  isDataBearing(type) && !isUnprotected(unprotectedIn(process.env["FABRIC_ALLOW_UNPROTECT"]), deletedAs);

/** Types beside which the service makes items of the same name by itself, by the type of those. */
const MADE_BESIDE: Readonly<Record<string, readonly string[]>> = {
  KQLDatabase: ["Eventhouse"],
  SemanticModel: ["Lakehouse", "Warehouse", "MirroredDatabase", "SQLDatabase", "KQLDatabase"],
};

/**
 * Items that are neither declared nor the stack's own. An own item that somebody has renamed has no declared name, if the
 * project leaves such changes alone.
 */
async function unlistedIn(
  run: Run,
  workspaceId: string,
  items: readonly FabricItem[],
  listed: readonly string[],
): Promise<readonly FabricItem[]> {
  const found = unlistedAmong(items, listed);
  const states = await Promise.all(found.map(({ id }) => run.formerState("Item", `${workspaceId}/${id}`)));
  return found.filter((_, position) => states[position] === undefined);
}

/**
 * Undeclared items of types of which a declared one is missing: each may be that one, which somebody has renamed. A run that
 * knows the stack's own items knows which ones were renamed.
 * @param all the undeclared items, without the own ones
 */
function doubtfulAmong(
  items: readonly FabricItem[],
  listed: readonly string[],
  all: readonly FabricItem[],
): readonly FabricItem[] {
  const undeclared = unlistedAmong(items, listed);
  const renamed = undeclared.filter((item) => !all.some(({ id }) => id === item.id)).map(({ type }) => type);
  return all.filter(({ type }) => !renamed.includes(type) && listed.some((name) => isMissing(items, name, type)));
}

/** Whether a declared name is of a type, and no item has it. */
function isMissing(items: readonly FabricItem[], name: string, type: string): boolean {
  if (!name.startsWith(`${type.toLowerCase()}/`)) return false;
  const ofType = items.filter((item) => item.type === type);
  return unlistedAmong(ofType, [name]).length === ofType.length;
}

/** Items that are not declared. What the service makes itself beside an item is nobody's to declare. Pure. */
export function unlistedAmong(items: readonly FabricItem[], listed: readonly string[]): FabricItem[] {
  const spelled = (name: string) => name.toLowerCase().normalize("NFC");
  const names = new Set(listed.map(spelled));
  const isListed = (type: string, name: string) => names.has(spelled(`${type}/${name}`));
  const isThere = (type: string, name: string) =>
    isListed(type, name) || items.some((one) => one.type === type && sameIgnoringCase(one.displayName, name));
  return items
    .filter(({ type, displayName }) => {
      if (type === "SQLEndpoint" || isOfService({ displayName }) || isListed(type, displayName)) return false;
      return !MADE_BESIDE[type]?.some((beside) => isThere(beside, displayName));
    })
    .toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}
