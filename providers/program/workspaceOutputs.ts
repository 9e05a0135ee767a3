import { outputsShown, shownOutputs } from "./declaredObjects.ts";
import type { FabricWorkspace } from "./fabricWorkspace.ts";

type Outputs = Readonly<Record<string, unknown>>;

/** The types whose content lies in OneLake, with the folders below the item. */
const inOneLake: Readonly<Record<string, readonly ("Tables" | "Files")[]>> = {
  Lakehouse: ["Tables", "Files"],
  Warehouse: ["Tables"],
  MirroredDatabase: ["Tables"],
  SQLDatabase: ["Tables"],
  KQLDatabase: ["Tables"],
};

/**
 * The outputs of a workspace, by name: its id and portal address, the ids of its items and folders, where items lie in OneLake,
 * and what the entries of other kinds show.
 */
export function workspaceOutputs(workspace: FabricWorkspace): Outputs {
  const { config, declared, workspaceId, portalUrl, folderIds } = workspace;
  const items = config.items.map(({ name, type }, index): [string, Outputs] => {
    const both = declared.items[index]?.id;
    const paths = (inOneLake[type] ?? []).map((folder) => [
      `oneLake${folder}Path`,
      both?.apply((id) => `https://onelake.dfs.fabric.microsoft.com/${id}/${folder}`),
    ]);
    const shown = (declared.ofItems[index] ?? []).flatMap((one) => Object.entries(outputsShown(one)));
    const outputs: Outputs = Object.fromEntries([...paths, ...shown]) as Outputs;
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
