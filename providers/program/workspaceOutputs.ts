import { outputsShown, shownOutputs } from "./declaredObjects.ts";
import type { FabricWorkspace } from "./fabricWorkspace.ts";

type Outputs = Readonly<Record<string, unknown>>;

/**
 * The outputs of a workspace, by name: its id and portal address, the ids of its items and folders, and what the entries of
 * other kinds show.
 */
export function workspaceOutputs(workspace: FabricWorkspace): Outputs {
  const { config, declared, workspaceId, portalUrl, folderIds } = workspace;
  const items = config.items.map(({ name }, index): [string, Outputs] => {
    const both = declared.items[index]?.id;
    const shown = (declared.ofItems[index] ?? []).flatMap((one) => Object.entries(outputsShown(one)));
    const outputs: Outputs = Object.fromEntries(shown);
    return [name, { id: both?.apply((id) => id.split("/")[1] ?? id), ...outputs }];
  });
  return {
    id: workspaceId,
    url: portalUrl,
    ...(items.length > 0 && { items: Object.fromEntries(items) }),
    ...(folderIds.size > 0 && { folders: Object.fromEntries(folderIds) }),
    ...shownOutputs(declared.others),
  };
}
