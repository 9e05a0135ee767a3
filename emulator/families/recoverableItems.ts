import { defineFamily } from "../core/family.ts";
import { member, route } from "../core/guard.ts";
import { notFound, ok, page, sameName, ServiceError } from "../core/service.ts";
import type { Service } from "../core/service.ts";
import { folders } from "./folders.ts";
import { items, itemsOf, recoverableItems } from "./items.ts";
import type { Item } from "./items.ts";
import { startOperation } from "./operations.ts";
import { workspace } from "./workspaces.ts";

const recoverable = member(workspace("Contributor"), "/recoverableItems/{itemId}", recoverableItems, () =>
  notFound("item"),
);

/** The recycle bin of a workspace: items that were deleted while the tenant kept deleted items (lever `itemRecovery`). */
export const recoverableItemFamily = defineFamily({
  name: "recoverable items",
  routes: [
    route("GET", workspace("Viewer"), "/recoverableItems", ({ id }, call, service) => {
      const bin = recoverableItems.in(service);
      // an item that was deleted with its parent comes back with it
      const all = bin
        .all()
        .filter(({ workspaceId, parentId }) => workspaceId === id && !(parentId && bin.get(parentId)));
      const shown = all.map(({ id, type, displayName, description, workspaceId }) => ({
        id,
        type,
        displayName,
        description,
        workspaceId,
      }));
      return page(call, service, shown, `/workspaces/${id}/recoverableItems`);
    }),
    route("DELETE", recoverable, "", (item, _call, service) => {
      for (const { id } of withChildren(service, item)) recoverableItems.in(service).delete(id);
      return ok();
    }),
    route("POST", recoverable, "/recover", (item, call, service) => {
      const isTaken = itemsOf(service, item.workspaceId).some(
        (now) => now.type === item.type && sameName(now.displayName, item.displayName),
      );
      if (isTaken) throw new ServiceError(409, "ItemDisplayNameAlreadyInUse", "The display name is already in use");
      return startOperation(call, service, false, () => recover(service, item));
    }),
  ],
});

/** A deleted item, and those that were deleted with it. */
const withChildren = (service: Service, item: Item): readonly Item[] => [
  item,
  ...recoverableItems
    .in(service)
    .all()
    .filter(({ parentId }) => parentId === item.id),
];

function recover(service: Service, item: Item): void {
  for (const one of withChildren(service, item)) {
    recoverableItems.in(service).delete(one.id);
    // if the folder is gone, the item returns to the root
    const folderId = one.folderId && folders.in(service).get(one.folderId) ? one.folderId : undefined;
    items.in(service).put({ ...one, folderId });
  }
}
