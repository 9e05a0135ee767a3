import { defaultCaller } from "../../emulator/identity.ts";
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

/** What is at the service and in no state, but for what the service or Git puts there by itself. */
export async function orphansOf(stack: EngineStack): Promise<string[]> {
  const { workspaces, roles, folders, items, gitConnections } = stack.emulator.service;
  const known = new Set((await stack.state()).deployment.resources?.flatMap(({ id }) => id?.toLowerCase() ?? []));
  const isDeployer = (principalId: string) => principalId === defaultCaller(stack.emulator.service);
  const isByItself = ({ type, displayName }: { type: string; displayName: string }) =>
    type === "SQLEndpoint" || displayName === "exploration";
  const all = [
    ...workspaces.all().map(({ id }) => id),
    ...roles.all().flatMap((role) => (isDeployer(role.principalId) ? [] : [`${role.workspaceId}/${role.principalId}`])),
    ...folders.all().map(({ workspaceId, id }) => `${workspaceId}/${id}`),
    ...items.all().flatMap((item) => (isByItself(item) ? [] : [`${item.workspaceId}/${item.id}`])),
    ...gitConnections.all().map(({ id }) => id),
  ];
  return all.filter((id) => !known.has(id.toLowerCase()));
}
