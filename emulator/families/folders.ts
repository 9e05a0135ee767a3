import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, isEmpty, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { member, route } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { created, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Call, Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { workspace } from "./workspaces.ts";
import type { Role } from "./workspaces.ts";

export interface Folder extends Stored {
  readonly workspaceId: string;
  readonly displayName: string;
  readonly parentFolderId?: string | undefined;
}

/** The folders of all workspaces. */
export const folders = collection<Folder>("folders", {
  ownedBy: { workspaces: "workspaceId" },
  liesIn: { folders: "parentFolderId" },
});

const forbidden = /[~"#.&*:<>?/{|}\\%]|\p{Cc}/u;
const maxDepth = 10;

const folderNotFound = (id: string) =>
  new ServiceError(404, "FolderNotFound", "The requested folder could not be found", {
    relatedResource: { resourceId: id, resourceType: "Folder" },
  });
const folder = (atLeast: Role): Guard<Folder> =>
  member(workspace(atLeast), "/folders/{folderId}", folders, folderNotFound);

/** Folders of workspaces. */
export const folderFamily = defineFamily({
  name: "folders",
  collections: { folders },
  routes: [
    route("GET", workspace("Viewer"), "/folders", ({ id }, call, service) => {
      const root = call.query.get("rootFolderId") ?? undefined;
      if (root) folderById(service, id, root);
      const isRecursive = call.query.get("recursive")?.toLowerCase() !== "false";
      const all = folders
        .in(service)
        .all()
        .filter(({ workspaceId }) => workspaceId === id);
      const shown = all.filter((folder) =>
        isRecursive ? !root || parentsOf(service, folder).includes(root) : folder.parentFolderId === root,
      );
      return page(call, service, shown.map(shownFolder), `/workspaces/${id}/folders`);
    }),
    route("POST", workspace("Contributor"), "/folders", ({ id: workspaceId }, call, service) => {
      const parentFolderId = optionalParent(call, service, workspaceId, "parentFolderId");
      const displayName = nameOf(call, service, workspaceId, parentFolderId);
      const folder = folders.in(service).put({
        id: randomUUID(),
        workspaceId,
        displayName,
        ...(parentFolderId && { parentFolderId }),
      });
      return created(shownFolder(folder), {
        Location: `https://api.fabric.microsoft.com/v1/workspaces/${workspaceId}/folders/${folder.id}`,
      });
    }),
    route("GET", folder("Viewer"), "", (folder) => ok(shownFolder(folder))),
    route("PATCH", folder("Contributor"), "", ({ id, workspaceId, parentFolderId }, call, service) => {
      const displayName = nameOf(call, service, workspaceId, parentFolderId, id);
      return ok(shownFolder(folders.in(service).change(id, { displayName })));
    }),
    route("DELETE", folder("Contributor"), "", ({ id }, _call, service) => {
      if (!isEmpty(service, folders, id)) {
        throw new ServiceError(400, "FolderNotEmpty", "The folder is not empty", {
          relatedResource: { resourceId: id, resourceType: "Folder" },
        });
      }
      remove(service, folders, id);
      return ok();
    }),
    route("POST", folder("Contributor"), "/move", (folder, call, service) => {
      const parentFolderId = optionalParent(call, service, folder.workspaceId, "targetFolderId");
      const target = parentFolderId && folders.in(service).get(parentFolderId);
      if (target && (target.id === folder.id || parentsOf(service, target).includes(folder.id))) {
        throw new ServiceError(400, "InfiniteFolderHierarchyLoop", "A folder cannot be moved below itself");
      }
      assertFree(service, folder.workspaceId, parentFolderId, folder.displayName, folder.id);
      return ok(shownFolder(folders.in(service).change(folder.id, { parentFolderId })));
    }),
  ],
  seed: {
    folders: z
      .array(
        z.looseObject({
          id: z.string(),
          displayName: z.string(),
          workspaceId: z.string(),
          parentFolderId: z.string().optional(),
        }),
      )
      .default([]),
  },
  populate(service, seed) {
    for (const { id, displayName, workspaceId, parentFolderId } of seed.folders)
      folders.in(service).put({ id, displayName, workspaceId, ...(parentFolderId && { parentFolderId }) });
  },
});

/** @throws ServiceError 404 if the workspace has no such folder */
export function folderById(service: Service, workspaceId: string, id: string): Folder {
  const folder = folders.in(service).get(id);
  if (folder?.workspaceId !== workspaceId) throw folderNotFound(id);
  return folder;
}

/** The folder that a body names. Null, absent or empty means the root. */
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
  const parent = parentFolderId && folders.in(service).get(parentFolderId);
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
  const isTaken = folders
    .in(service)
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

/** Ids of the parent folders, nearest first. */
function parentsOf(service: Service, folder: Folder): string[] {
  const parents: string[] = [];
  for (let at = folder.parentFolderId; at; at = folders.in(service).get(at)?.parentFolderId) parents.push(at);
  return parents;
}

function shownFolder({ id, displayName, workspaceId, parentFolderId }: Folder) {
  return { id, displayName, workspaceId, ...(parentFolderId && { parentFolderId }) };
}
