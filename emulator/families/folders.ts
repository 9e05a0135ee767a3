import { randomUUID } from "node:crypto";
import type { Folder } from "../core/model.ts";
import { created, ok, page, requiredText, sameName, ServiceError, workspaceOf } from "../core/service.ts";
import type { Call, Route, Service } from "../core/service.ts";

const path = "/workspaces/{workspaceId}/folders";
const forbidden = /[~"#.&*:<>?/{|}\\%]|\p{Cc}/u;
const maxDepth = 10;

/** Folders of workspaces. */
export const folderRoutes: readonly Route[] = [
  {
    method: "GET",
    template: path,
    handler(call, service) {
      const { id } = workspaceOf(call, service);
      const root = call.query.get("rootFolderId") ?? undefined;
      if (root) folderById(service, id, root);
      const isRecursive = call.query.get("recursive")?.toLowerCase() !== "false";
      const all = service.folders.all().filter((folder) => folder.workspaceId === id);
      const shown = all.filter((folder) =>
        isRecursive ? !root || parentsOf(service, folder).includes(root) : folder.parentFolderId === root,
      );
      return page(call, service, shown.map(shownFolder), `/workspaces/${id}/folders`);
    },
  },
  {
    method: "POST",
    template: path,
    handler(call, service) {
      const { id: workspaceId } = workspaceOf(call, service, "Contributor");
      const parentFolderId = optionalParent(call, service, workspaceId, "parentFolderId");
      const displayName = nameOf(call, service, workspaceId, parentFolderId);
      const folder = service.folders.put({
        id: randomUUID(),
        workspaceId,
        displayName,
        ...(parentFolderId && { parentFolderId }),
      });
      return created(shownFolder(folder), {
        Location: `https://api.fabric.microsoft.com/v1/workspaces/${workspaceId}/folders/${folder.id}`,
      });
    },
  },
  {
    method: "GET",
    template: `${path}/{folderId}`,
    handler: (call, service) => ok(shownFolder(folderOf(call, service))),
  },
  {
    method: "PATCH",
    template: `${path}/{folderId}`,
    handler(call, service) {
      const { id, workspaceId, parentFolderId } = folderOf(call, service, "Contributor");
      const displayName = nameOf(call, service, workspaceId, parentFolderId, id);
      return ok(shownFolder(service.folders.change(id, { displayName })));
    },
  },
  {
    method: "DELETE",
    template: `${path}/{folderId}`,
    handler(call, service) {
      const { id } = folderOf(call, service, "Contributor");
      const isUsed =
        service.items.all().some(({ folderId }) => folderId === id) ||
        service.folders.all().some(({ parentFolderId }) => parentFolderId === id);
      if (isUsed) {
        throw new ServiceError(400, "FolderNotEmpty", "The folder is not empty", {
          relatedResource: { resourceId: id, resourceType: "Folder" },
        });
      }
      service.folders.delete(id);
      return ok();
    },
  },
  {
    method: "POST",
    template: `${path}/{folderId}/move`,
    handler(call, service) {
      const folder = folderOf(call, service, "Contributor");
      const parentFolderId = optionalParent(call, service, folder.workspaceId, "targetFolderId");
      const target = parentFolderId && service.folders.get(parentFolderId);
      if (target && (target.id === folder.id || parentsOf(service, target).includes(folder.id))) {
        throw new ServiceError(400, "InfiniteFolderHierarchyLoop", "A folder cannot be moved below itself");
      }
      assertFree(service, folder.workspaceId, parentFolderId, folder.displayName, folder.id);
      return ok(shownFolder(service.folders.change(folder.id, { parentFolderId })));
    },
  },
];

/** @throws ServiceError 404 where the workspace has no such folder */
export function folderById(service: Service, workspaceId: string, id: string): Folder {
  const folder = service.folders.get(id);
  if (folder?.workspaceId !== workspaceId) {
    throw new ServiceError(404, "FolderNotFound", "The requested folder could not be found", {
      relatedResource: { resourceId: id, resourceType: "Folder" },
    });
  }
  return folder;
}

function folderOf(call: Call, service: Service, atLeast: "Viewer" | "Contributor" = "Viewer"): Folder {
  const { id } = workspaceOf(call, service, atLeast);
  return folderById(service, id, call.params["folderId"] ?? "");
}

/** A folder that a body names; null, absent or empty is the root. */
export function optionalParent(
  call: Call,
  service: Service,
  workspaceId: string,
  property: string,
): string | undefined {
  const id = call.body[property];
  return typeof id === "string" && id !== "" ? folderById(service, workspaceId, id).id : undefined;
}

function nameOf(
  call: Call,
  service: Service,
  workspaceId: string,
  parentFolderId: string | undefined,
  ownId?: string,
): string {
  const displayName = requiredText(call.body, "displayName", 255);
  if (
    forbidden.test(displayName) ||
    displayName !== displayName.trim() ||
    /^(\$recycle\.bin|recycled|recycler)$/i.test(displayName)
  ) {
    throw new ServiceError(400, "InvalidFolderDisplayName", "The folder display name is invalid");
  }
  const parent = parentFolderId && service.folders.get(parentFolderId);
  if (parent && parentsOf(service, parent).length + 2 > maxDepth) {
    throw new ServiceError(400, "FolderDepthOutOfRange", `Folders can be nested ${maxDepth} levels deep`);
  }
  assertFree(service, workspaceId, parentFolderId, displayName, ownId);
  return displayName;
}

function assertFree(
  service: Service,
  workspaceId: string,
  parentFolderId: string | undefined,
  displayName: string,
  ownId?: string,
): void {
  const isTaken = service.folders
    .all()
    .some(
      (other) =>
        other.workspaceId === workspaceId &&
        other.parentFolderId === parentFolderId &&
        other.id !== ownId &&
        sameName(other.displayName, displayName),
    );
  if (isTaken)
    throw new ServiceError(409, "FolderDisplayNameAlreadyInUse", "The folder display name is already in use");
}

/** Ids of the folders above, nearest first. */
function parentsOf(service: Service, folder: Folder): string[] {
  const parents: string[] = [];
  for (let at = folder.parentFolderId; at; at = service.folders.get(at)?.parentFolderId) parents.push(at);
  return parents;
}

function shownFolder({ id, displayName, workspaceId, parentFolderId }: Folder) {
  return { id, displayName, workspaceId, ...(parentFolderId && { parentFolderId }) };
}
