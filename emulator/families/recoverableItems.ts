import type { Item } from "../core/model.ts";
import { notFound, page, sameName, ServiceError, startOperation, workspaceOf } from "../core/service.ts";
import type { Route, Service } from "../core/service.ts";

const path = "/workspaces/{workspaceId}/recoverableItems";

/** The recycle bin of a workspace: items that were deleted while the tenant keeps them (lever `itemRecovery`). */
export const recoverableItemRoutes: readonly Route[] = [
  {
    method: "GET",
    template: path,
    handler(call, service) {
      const { id } = workspaceOf(call, service);
      const all = service.recoverableItems.all().filter(({ workspaceId, parentId }) => workspaceId === id && !parentId);
      const shown = all.map(({ id, type, displayName, description, workspaceId }) => ({
        id,
        type,
        displayName,
        description,
        workspaceId,
      }));
      return page(call, service, shown, `/workspaces/${id}/recoverableItems`);
    },
  },
  {
    method: "POST",
    template: `${path}/{itemId}/recover`,
    handler(call, service) {
      const workspace = workspaceOf(call, service, "Contributor");
      const item = service.recoverableItems.get(call.params["itemId"] ?? "");
      if (!item || item.workspaceId !== workspace.id) throw notFound("item");
      const isTaken = service.items
        .all()
        .some(
          (now) =>
            now.workspaceId === workspace.id && now.type === item.type && sameName(now.displayName, item.displayName),
        );
      if (isTaken) throw new ServiceError(409, "ItemDisplayNameAlreadyInUse", "The display name is already in use");
      return startOperation(call, service, false, () => recover(service, item));
    },
  },
];

/** Keeps an item that is being deleted, with those that go with it. */
export function keepDeleted(service: Service, item: Item): void {
  const children = service.items.all().filter(({ parentId }) => parentId === item.id);
  for (const one of [item, ...children]) service.recoverableItems.put(one);
}

function recover(service: Service, item: Item): void {
  const children = service.recoverableItems.all().filter(({ parentId }) => parentId === item.id);
  for (const one of [item, ...children]) {
    service.recoverableItems.delete(one.id);
    // a folder that is gone cannot take it back
    const folderId = one.folderId && service.folders.get(one.folderId) ? one.folderId : undefined;
    service.items.put({ ...one, folderId });
  }
}
