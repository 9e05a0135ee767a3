import { stripVTControlCharacters } from "node:util";

/** Something that a command could not bring to its end. */
export interface Leftover {
  /** `Workspace 'sales'`. */
  readonly what: string;
  readonly id?: string | undefined;
  readonly reason: string;
  /** The command, or the page, that finishes it by hand. */
  readonly remedy?: string | undefined;
}

/** What has to be done by hand, as a table. */
export function leftoverTable(leftovers: readonly Leftover[], title = "To be done by hand:"): string {
  const names = leftovers.map(({ what, id }) => (id ? `${what} (${id})` : what));
  const width = Math.max(...names.map(({ length }) => length));
  const rows = leftovers.map(({ reason, remedy }, index) => {
    const told = stripVTControlCharacters(reason).replace(/\s*\n\s*/g, " ");
    return `  ${names[index]?.padEnd(width)}  ${told}${remedy ? `\n  ${"".padEnd(width)}  ${remedy}` : ""}`;
  });
  return [title, ...rows].join("\n");
}

const API = "https://api.fabric.microsoft.com";

/** How to remove an object without this program: a command of the Azure CLI, else the portal's page. */
export function removalOf(kind: string, id: string | undefined): string | undefined {
  if (!id) return kind === "Workspace" ? "https://app.fabric.microsoft.com" : undefined;
  const [workspaceId = "", second] = id.split("/");
  const rest = (method: string, path: string) =>
    `az rest --method ${method} --resource ${API} --url ${API}/v1/workspaces/${path}`;
  if (kind === "Workspace") return rest("delete", workspaceId);
  if (kind === "GitConnection") return rest("post", `${workspaceId}/git/disconnect`);
  const collection = { WorkspaceUser: "roleAssignments", Item: "items", Folder: "folders" }[kind];
  if (collection && second) return rest("delete", `${workspaceId}/${collection}/${second}`);
  return `https://app.fabric.microsoft.com/groups/${workspaceId}`;
}
