import { stripVTControlCharacters } from "node:util";
import { parseId, pathOf } from "../../providers/engine/place.ts";
import { foldedList } from "../commandLine/foldedList.ts";
import { kindNamed } from "../../providers/kinds/kinds.ts";

/** Work that a command could not finish. */
export interface Leftover {
  /** `Workspace 'sales'`. */
  readonly what: string;
  readonly id?: string | undefined;
  readonly reason: string;
  /** The command or the page for finishing by hand. */
  readonly remedy?: string | undefined;
}

/** Most rows of a table; more than these fold by folder. */
const MOST_ROWS = 100;

/** Leftovers by reason and folder. The report and the log have each by itself. */
function foldedLeftovers(leftovers: readonly Leftover[]): string[] {
  const listed = leftovers.map(({ what, id, reason, remedy }) => {
    const told = stripVTControlCharacters(reason).replace(/\s*\n\s*/g, " ");
    const [, kind = what, name = ""] = /^(\w+) '(.*)'$/.exec(what) ?? [];
    const line = `  ${what}${id ? ` (${id})` : ""}  ${told}${remedy ? `\n    ${remedy}` : ""}`;
    return { words: `${kind}: ${told}`, name, line };
  });
  return [...foldedList(listed, MOST_ROWS), "npm run report shows each, with its command."];
}

/** The table of work that must be done by hand. */
export function leftoverTable(leftovers: readonly Leftover[], title = "To be done by hand:"): string {
  if (leftovers.length > MOST_ROWS) return [title, ...foldedLeftovers(leftovers)].join("\n");
  const names = leftovers.map(({ what, id }) => (id ? `${what} (${id})` : what));
  const width = Math.max(...names.map(({ length }) => length));
  const rows = leftovers.map(({ reason, remedy }, index) => {
    const told = stripVTControlCharacters(reason).replace(/\s*\n\s*/g, " ");
    return `  ${names[index]?.padEnd(width)}  ${told}${remedy ? `\n  ${"".padEnd(width)}  ${remedy}` : ""}`;
  });
  return [title, ...rows].join("\n");
}

const API = "https://api.fabric.microsoft.com";
const PORTAL = "https://app.fabric.microsoft.com";

/**
 * How to remove an object without this program: a command of the Azure CLI, or the portal's page. Undefined for a kind or an
 * id that this version does not know: a wrong address is worse than none.
 */
export function removalOf(kindName: string, id: string | undefined): string | undefined {
  const kind = kindNamed(kindName);
  if (!kind) return undefined;
  const { place, removal } = kind;
  if (!id) return "in" in place && place.in === "tenant" ? PORTAL : undefined;
  const parsed = parseId(place, id);
  if (!parsed) return undefined;
  if (removal === "portal") return `${PORTAL}/groups/${parsed.workspaceId ?? parsed.id}`;
  const path = removal ? `${pathOf(place, id)}/${removal.path}` : pathOf(place, id);
  return `az rest --method ${removal?.method ?? "delete"} --resource ${API} --url ${API}/v1${path}`;
}

/** Remedy for a step that this version does not know. */
export const UPDATE_REMEDY =
  "Nothing was called for it. Finish it with the version that wrote the log (update this clone and run the command again), or by hand.";
