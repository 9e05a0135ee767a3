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

/** What is in a workspace, by kind. */
const collections: ReadonlyMap<string, string> = new Map([
  ["WorkspaceUser", "roleAssignments"],
  ["Item", "items"],
  ["Folder", "folders"],
]);

const API = "https://api.fabric.microsoft.com";

/**
 * How to remove an object without this program: a command of the Azure CLI, or the portal's page. Undefined for a kind or an
 * id that this version does not know: a wrong address is worse than none.
 */
export function removalOf(kind: string, id: string | undefined): string | undefined {
  if (!id) return kind === "Workspace" ? "https://app.fabric.microsoft.com" : undefined;
  const [workspaceId = "", second, ...more] = id.split("/");
  if (!workspaceId || more.length > 0) return undefined;
  const rest = (method: string, path: string) =>
    `az rest --method ${method} --resource ${API} --url ${API}/v1/workspaces/${path}`;
  if (kind === "Workspace") return rest("delete", workspaceId);
  if (kind === "GitConnection") return rest("post", `${workspaceId}/git/disconnect`);
  if (kind === "UnlistedUsers") return `https://app.fabric.microsoft.com/groups/${workspaceId}`;
  const collection = collections.get(kind);
  return collection && second ? rest("delete", `${workspaceId}/${collection}/${second}`) : undefined;
}

/** What finishes a step that this version does not know. */
export const UPDATE_REMEDY =
  "Nothing was called for it. Finish it with the version that wrote the log (update this clone and run the command again), or by hand.";
