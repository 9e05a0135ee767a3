import type { RequestRecord } from "../../../emulator/core/requestRecord.ts";
import type { Edit } from "./foreignEdits.ts";
import type { Stored } from "./serviceObjects.ts";

/*
 * The service has no condition like "only if unchanged", so somebody's edit can be overwritten unseen: between our look at an
 * object, which may be its list of up to 30 s ago, and our write. Nobody can tell that from no edit at all.
 */

/** Edits, and when they were done. */
export interface TimedEdits {
  readonly edits: readonly Edit[];
  /** ISO 8601. */
  readonly at: string;
}

/** Lists that show the objects of a collection, below their workspace. */
const LISTS: Readonly<Record<string, string>> = {
  items: "/items",
  folders: "/folders",
  roles: "/roleassignments",
  managedPrivateEndpoints: "/managedprivateendpoints",
};

/** Keys of the objects (`items 3f…`) whose edit was overwritten by a write that followed on no look of after the edit. */
export function overtaken(
  { edits, at }: TimedEdits,
  { requests, before }: { readonly requests: readonly RequestRecord[]; readonly before: Stored },
): ReadonlySet<string> {
  // a record has the time of its answer
  const later = requests.filter(({ at: answered, ms }) => Date.parse(answered) - ms >= Date.parse(at));
  return new Set(
    edits.filter((edit) => isOvertaken(edit, later, before)).map(({ collection, id }) => `${collection} ${id}`),
  );
}

function isOvertaken({ collection, id }: Edit, later: readonly RequestRecord[], before: Stored): boolean {
  const object = before[collection]?.find((one) => Reflect.get(one, "id") === id) ?? {};
  const workspaceId = String(Reflect.get(object, "workspaceId")).toLowerCase();
  const own = id.split("/").at(-1)?.toLowerCase() ?? "";
  const list = collection === "workspaces" ? "/workspaces" : `/workspaces/${workspaceId}${LISTS[collection] ?? ""}`;
  const pathOf = ({ path }: RequestRecord) => path.toLowerCase();
  const write = later.findIndex((request) => request.method !== "GET" && pathOf(request).includes(`/${own}`));
  const looks = later.slice(0, Math.max(write, 0)).filter(({ method }) => method === "GET");
  return write >= 0 && !looks.some((look) => pathOf(look) === list || pathOf(look).endsWith(`/${own}`));
}
