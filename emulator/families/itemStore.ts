import { randomUUID } from "node:crypto";
import { collection, remove } from "../core/collection.ts";
import type { Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import type { Part } from "../definitions/definition.ts";
import { companionsOf } from "./itemCompanions.ts";
import { noteCreate } from "./itemTimes.ts";

/** A publish of an environment's staged content. */
export interface Publish {
  readonly targetVersion: string;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly isCancelled?: boolean;
  /** The staged content that it publishes. */
  readonly parts?: readonly Part[] | undefined;
}

export interface Item extends Stored {
  readonly workspaceId: string;
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly folderId?: string | undefined;
  readonly parts?: readonly Part[];
  /** Format that the parts were sent in; undefined means the type's default. */
  readonly format?: string | undefined;
  readonly creationPayload?: Record<string, unknown> | undefined;
  /** Properties that somebody set; they come before those that the service computes. */
  readonly properties?: Record<string, unknown> | undefined;
  /** The item that this item was created with or in, and is deleted with. */
  readonly parentId?: string | undefined;
  /** Connections that its data sources are bound to. */
  readonly connections?: readonly Readonly<Record<string, unknown>>[];
  /** The last publish of an environment. */
  readonly publish?: Publish | undefined;
  /** Changes to the staged compute of an environment. */
  readonly sparkCompute?: Readonly<Record<string, unknown>>;
}

/** The items of all workspaces. */
export const items = collection<Item>("items", {
  ownedBy: { workspaces: "workspaceId", items: "parentId" },
  liesIn: { folders: "folderId" },
});
/** Deleted items in the recycle bin of their workspace. Deletes put them here; recoverableItems.ts has the routes. */
export const recoverableItems = collection<Item>("recoverableItems", { ownedBy: { workspaces: "workspaceId" } });

/** The items of a workspace. */
export const itemsOf = (service: Service, workspaceId: string): Item[] =>
  items
    .in(service)
    .all()
    .filter((item) => item.workspaceId === workspaceId);

/** The items that were made with an item or in it. */
export const childrenOf = (service: Service, { id }: Item): Item[] =>
  items
    .in(service)
    .all()
    .filter(({ parentId }) => parentId === id);

/** Adds an item with its companions, for a create or a sync from Git. */
export function addItem(service: Service, workspaceId: string, item: Omit<Item, "id" | "workspaceId">): Item {
  const added: Item = { ...item, id: randomUUID(), workspaceId };
  for (const companion of companionsOf(added, itemsOf(service, workspaceId)))
    items.in(service).put({ ...companion, id: randomUUID(), workspaceId, parentId: added.id });
  noteCreate(service, added.id);
  return items.in(service).put(added);
}

/** Removes an item with its children. */
export const removeItem = (service: Service, { id }: Item): void => remove(service, items, id);
