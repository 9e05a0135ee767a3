import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { nothing } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { readItemDefinition } from "../../../lib/api/itemDefinition.ts";
import { DOUBTFUL, identifier, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { deleteOrGone, readOrGone } from "../../engine/gone.ts";
import { isKnownToGit } from "../git/status.ts";
import {
  beforeOverwriting,
  definitionFor,
  definitionHashNow,
  definitionToReplace,
  giveBackDefinition,
  itemPlace,
  keepDefinition,
  noteSent,
  sendDefinition,
} from "./itemContent.ts";
import type { Sent } from "./itemContent.ts";
import { recoverItem } from "./recycleBin.ts";
import { formatId, parseId, pathOf } from "../../engine/place.ts";
import { createIntent, defineUndo, idInLog, nameInLog } from "../../engine/undo.ts";
import { isDataBearing } from "../../../lib/api/itemType.ts";
import { defineKind, Problem, withoutUndefined } from "../../engine/resourceKind.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import type { Run } from "../../run/run.ts";
import { itemsOf } from "./items.ts";

/** Longest wait for a display name that the service still holds for a deleted item; minutes have been seen. */
const NAME_DEADLINE_MS = 10 * 60_000;

/** The values an adopted item had, which its delete gives back. */
export interface ItemBefore {
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly folderId?: string | undefined;
  /** Hash of the definition that was replaced by the declared one. Only a rollback of that still has it, and gives it back. */
  readonly definitionHash?: string | undefined;
}

interface Outputs {
  /** Only for an item that existed before. */
  readonly adopted?: ItemBefore | undefined;
  /** Only while definitions are looked at on refresh. */
  readonly sent?: Sent | undefined;
  /** Only of an item that is half-made: stands in for the input until the definition was sent. */
  readonly definitionHash?: typeof DOUBTFUL;
}

const undo = defineUndo({
  compensation: "deleteItem",
  names: z.object({ workspaceId: idInLog, type: nameInLog, displayName: nameInLog }),
  async find(run, { workspaceId, type, displayName }, resourceId) {
    const items = await listItems(run, workspaceId);
    const found =
      resourceId === undefined
        ? findItem(items, type, displayName)
        : items.find(({ id }) => sameIgnoringCase(formatId(itemPlace, { workspaceId, id }), resourceId));
    return found && formatId(itemPlace, { workspaceId, id: found.id });
  },
  giveBack: {
    before: z.record(z.string(), z.unknown()),
    work: (run, id, before) => giveBackItem(run, id, before as unknown as ItemBefore),
  },
});

/** An item of any type. Its id is `{workspaceId}/{itemId}`. */
export const item = defineKind<Outputs>()({
  name: "Item",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    type: { schema: z.string().min(1), change: "replace" },
    displayName: { schema: z.string().trim().min(1).max(256), change: "update" },
    description: { schema: z.string().max(256).default(""), change: "update" },
    /** Id of the folder it lies in, without the workspace's. Absent at the root. */
    folderId: { schema: identifier.optional(), change: "update", same: sameIgnoringCase },
    /** Folder in Fabric's Git format, relative to the project, that holds the definition. */
    path: { schema: z.string().min(1).optional(), change: "local" },
    /** Hash of that definition; derived, so that previews show a changed definition. */
    definitionHash: { schema: z.string().optional(), change: "update" },
    /** What the type wants to know at creation and never again. */
    creationPayload: { schema: z.record(z.string(), z.unknown()).optional(), change: "replace" },
    /** Manage an existing item of that name and type instead of refusing it. */
    adopt: { schema: z.boolean().default(false), change: "local" },
    /**
     * The workspace is connected to Git: an item of that name which came from there is managed from now on. It matters when
     * the item is made and never again, so a change is none: else connecting a workspace would show as updates of all items.
     */
    adoptFromGit: { schema: z.boolean().default(false), change: "local", same: () => true },
  },
  place: itemPlace,
  undo,
  restores: ["restoreItem", "restoreDefinition"],
  holdsData: ({ type }) => (typeof type === "string" && isDataBearing(type) ? "its data" : undefined),
  outputs: ["adopted", "sent"],
  title: ({ type, displayName }) => `${type ?? "item"} '${displayName ?? "?"}'`,

  derive(inputs) {
    if (inputs.path === undefined) return { ...inputs, definitionHash: undefined };
    if (isUnknown(inputs.path)) return inputs;
    try {
      return { ...inputs, definitionHash: readItemDefinition(inputs.path).hash };
    } catch (error) {
      throw new Problem("path", error instanceof Error ? error.message : String(error));
    }
  },

  async create(run, inputs, exists) {
    const { workspaceId, type, displayName, description, folderId, creationPayload } = inputs;
    const intent = createIntent({ name: "Item", undo }, displayName, { workspaceId, type, displayName });
    const definition = await definitionFor(run, inputs);
    const unfinished = definition && { definitionHash: DOUBTFUL };
    /** Goes on with an item of ours that is there already. */
    const finish = async (found: FabricItem) => {
      const id = `${workspaceId}/${found.id}`;
      exists({ id, outputs: { ...unfinished } });
      await converge(run, found, inputs);
      if (definition) await sendDefinition(run, id, inputs, definition);
      return { id, outputs: { sent: await noteSent(run, id, inputs) } };
    };
    const recovered = run.isRollback ? await recoverItem(run, inputs, intent) : undefined;
    if (recovered) return finish(recovered);
    const wasFree = run.isNewWorkspace(workspaceId) || !findItem(await itemsOf(run, workspaceId), type, displayName);
    const make = () =>
      run.create(
        intent,
        {
          method: "POST",
          path: `/workspaces/${workspaceId}/items`,
          body: { displayName, type, description, folderId, definition, creationPayload },
          operation: `create ${type} '${displayName}'`,
          answer: itemShape,
        },
        { find: async () => findItem(await listItems(run, workspaceId), type, displayName), wasFree },
      );
    try {
      const made = await onceTheNameIsFree(run, make);
      if (run.isReclaimed(made.id)) return await finish(made);
      const id = `${workspaceId}/${made.id}`;
      return { id, outputs: { sent: await noteSent(run, id, inputs) } };
    } catch (error) {
      if (!isFabricError(error, "ItemDisplayNameAlreadyInUse")) throw error;
      const before = findItem(await listItems(run, workspaceId), type, displayName);
      if (!before) throw error;
      const id = `${workspaceId}/${before.id}`;
      const former = run.released<Outputs>("Item", id);
      // one that was deleted can be in a list for a moment longer; one that was given back stays adopted, whatever is declared
      if (former ? !former.adopted : !(await mayAdopt(run, before, inputs))) throw error;
      const replaced = definition && (await definitionToReplace(run, id, before, inputs));
      const adopted = await run.adopt(
        { resourceType: "Item", resourceName: displayName, resourceId: id },
        former?.adopted ?? { ...priorValues(before), definitionHash: replaced },
      );
      exists({ id, outputs: { adopted, ...unfinished } });
      await converge(run, before, inputs);
      if (definition && replaced !== inputs.definitionHash) await sendDefinition(run, id, inputs, definition);
      return { id, outputs: { adopted, sent: await noteSent(run, id, inputs) } };
    }
  },

  async read(run, id, state) {
    const { workspaceId, type, displayName } = state;
    const itemId = parseId(itemPlace, id)?.id;
    const now = await readOrGone(run, workspaceId, {
      listed: async () => (await itemsOf(run, workspaceId)).find((listed) => sameIgnoringCase(listed.id, itemId)),
      alone: () => run.get(pathOf(itemPlace, id), `read ${type} '${displayName}'`, itemShape),
    });
    if (now === "gone") return "gone";
    return {
      inputs: {
        definitionHash: await definitionHashNow(run, id, state),
        type: now.type,
        displayName: now.displayName,
        description: now.description ?? "",
        folderId: now.folderId,
      },
    };
  },

  async update(run, id, old, inputs) {
    const isDefined = inputs.definitionHash !== undefined && inputs.definitionHash !== old.definitionHash;
    if (isDefined) await beforeOverwriting(run, id, old);
    const now = await run.get(pathOf(itemPlace, id), `read ${inputs.type} '${inputs.displayName}'`, itemShape);
    await converge(run, now, inputs);
    if (!isDefined) return {};
    await keepDefinition(run, id, old);
    await sendDefinition(run, id, inputs, await definitionFor(run, inputs));
    return { sent: await noteSent(run, id, inputs) };
  },

  async delete(run, id, state) {
    const { adopted } = state;
    await deleteOrGone(run, state.workspaceId, async () => {
      if (adopted) return giveBackItem(run, id, { ...adopted, type: state.type });
      await keepDefinition(run, id, state);
      return run.write(
        {
          operation: "delete",
          resourceType: "Item",
          resourceName: state.displayName,
          resourceId: id,
          compensation: null,
        },
        {
          method: "DELETE",
          path: pathOf(itemPlace, id),
          operation: `delete ${state.type} '${state.displayName}'`,
          answer: nothing,
        },
      );
    });
  },
});

interface Wanted {
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly folderId?: string | undefined;
}

/** Makes name, description and folder as declared, and sends nothing for what already is. */
async function converge(run: Run, now: FabricItem, wanted: Wanted): Promise<void> {
  const { type, displayName, description, folderId } = wanted;
  const id = `${now.workspaceId}/${now.id}`;
  const before = priorValues(now);
  const intent = {
    operation: "update",
    resourceType: "Item",
    resourceName: displayName,
    resourceId: id,
    compensation: { function: "restoreItem", args: { id, ...before } },
  } as const;
  if (before.displayName !== displayName || before.description !== description) {
    const rename = () =>
      run.write(intent, {
        method: "PATCH",
        path: pathOf(itemPlace, id),
        body: { displayName, description },
        operation: `update ${type} '${displayName}'`,
        answer: itemShape,
      });
    await onceTheNameIsFree(run, rename);
  }
  if (!sameIgnoringCase(before.folderId, folderId)) {
    await run.write(intent, {
      method: "POST",
      path: `${pathOf(itemPlace, id)}/move`,
      body: { targetFolderId: folderId },
      operation: `move ${type} '${displayName}'`,
      replaySafe: true,
    });
  }
}

/**
 * Gives an adopted item the values back that it had, and in a rollback its definition.
 * @returns whether there was something to give back
 */
async function giveBackItem(run: Run, id: string, before: ItemBefore): Promise<boolean> {
  const now = await run.get(pathOf(itemPlace, id), `read ${before.type} '${before.displayName}'`, itemShape);
  await converge(run, now, before);
  const hadOther = await giveBackDefinition(run, id, before);
  const { definitionHash: _hash, ...values } = before;
  return hadOther || !isDeepStrictEqual(withoutUndefined(priorValues(now)), withoutUndefined(values));
}

/** Waits while the service holds the display name for an item deleted a moment ago, and says so. */
async function onceTheNameIsFree<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const deadline = run.clock.now() + NAME_DEADLINE_MS;
  for (let pause = 2_000, warned = false; ; pause = Math.min(pause * 2, 30_000)) {
    try {
      return await work();
    } catch (error) {
      if (!isFabricError(error, "ItemDisplayNameNotAvailableYet") || run.clock.now() + pause > deadline) throw error;
      if (!warned) run.warn(`${error.operation}: the name is not free yet after a delete; waiting for it.`);
      warned = true;
      await run.clock.sleep(pause);
    }
  }
}

async function mayAdopt(
  run: Run,
  before: FabricItem,
  inputs: { adopt: boolean; adoptFromGit: boolean },
): Promise<boolean> {
  return inputs.adopt || (inputs.adoptFromGit && (await isKnownToGit(run, before.workspaceId, before.id)));
}

const listItems = (run: Run, workspaceId: string) =>
  run.list(`/workspaces/${workspaceId}/items`, "list items", itemShape);

const findItem = (items: readonly FabricItem[], type: string, displayName: string) =>
  items.find((now) => now.type === type && sameIgnoringCase(now.displayName, displayName));

const priorValues = ({ type, displayName, description, folderId }: FabricItem): ItemBefore => ({
  type,
  displayName,
  description: description ?? "",
  folderId,
});
