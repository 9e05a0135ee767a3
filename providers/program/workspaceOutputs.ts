import { outputsShown, shownOutputs } from "./declaredObjects.ts";
import type { FabricWorkspace } from "./fabricWorkspace.ts";

type Outputs = Readonly<Record<string, unknown>>;

/**
 * The outputs of a workspace, by name: its id and portal address, the ids of its items and folders, the endpoints of items, and
 * what the entries of other kinds show. An id is one line: a workspace may have hundreds of items.
 */
export function workspaceOutputs(workspace: FabricWorkspace): Outputs {
  const { config, declared, workspaceId, portalUrl, folderIds } = workspace;
  const items = config.items.map(({ name }, index) => {
    const id = declared.items[index]?.id.apply((both) => both.split("/")[1] ?? both);
    const shown = (declared.ofItems[index] ?? []).flatMap((one) => Object.entries(outputsShown(one)));
    return { name, id, shown: Object.fromEntries(shown) };
  });
  const withEndpoints = items.filter(({ shown }) => Object.keys(shown).length > 0);
  return {
    id: workspaceId,
    url: portalUrl,
    ...(items.length > 0 && { items: Object.fromEntries(items.map(({ name, id }) => [name, id])) }),
    ...(withEndpoints.length > 0 && {
      endpoints: Object.fromEntries(withEndpoints.map(({ name, shown }) => [name, shown])),
    }),
    ...(folderIds.size > 0 && { folders: Object.fromEntries(folderIds) }),
    ...shownOutputs(declared.others),
  };
}
