import type { EngineStack } from "./engineStack.ts";

/** Everything the service has, without ids and in order. */
export function worldOf(stack: EngineStack): unknown {
  const { workspaces, roles, folders, items, gitConnections } = stack.emulator.service;
  const folderName = (id: string | undefined) => (id ? folders.get(id)?.displayName : undefined);
  const workspaceName = (id: string) => workspaces.get(id)?.displayName;
  const sorted = (values: unknown[]) => values.map((value) => JSON.stringify(value)).sort();
  return {
    workspaces: sorted(
      workspaces.all().map(({ displayName, description, capacityId }) => ({ displayName, description, capacityId })),
    ),
    roles: sorted(
      roles.all().map(({ workspaceId, principalId, role }) => [workspaceName(workspaceId), principalId, role]),
    ),
    folders: sorted(folders.all().map(({ displayName, parentFolderId }) => [displayName, folderName(parentFolderId)])),
    items: sorted(
      items.all().map(({ type, displayName, description, folderId, parts, creationPayload }) => {
        const content = parts?.filter(({ path }) => path !== ".platform").map(({ path, payload }) => [path, payload]);
        return { type, displayName, description, folder: folderName(folderId), content, creationPayload };
      }),
    ),
    git: sorted(gitConnections.all().map(({ details }) => details)),
  };
}
