import type { RequestRecord } from "../../../emulator/core/requestRecord.ts";
import type { Edit } from "./foreignEdits.ts";
import type { Changed, Stored } from "./serviceObjects.ts";

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

/**
 * Tells which differences are of objects whose edit was overwritten by a write that followed on no look of after the edit.
 * If that write was a delete, the rollback has made the object again as it was before the edit.
 */
export function overtaken(
  { edits, at }: TimedEdits,
  { requests, before }: { readonly requests: readonly RequestRecord[]; readonly before: Stored },
): (difference: Changed) => boolean {
  // a record has the time of its answer
  const later = requests.filter(({ at: answered, ms }) => Date.parse(answered) - ms >= Date.parse(at));
  const lost = edits.filter((edit) => isOvertaken(edit, later, before));
  const likes = lost.map(({ collection, id }) =>
    likeOf(
      collection,
      before[collection]?.find((one) => Reflect.get(one, "id") === id),
    ),
  );
  return ({ key, before: was, after: is }) =>
    lost.some(({ collection, id }) => key === `${collection} ${id}`) ||
    (was === undefined &&
      is !== undefined &&
      likes.includes(likeOf(key.split(" ")[0] ?? "", JSON.parse(is) as object)));
}

/** What an object and one that was made in its place have in common. */
const likeOf = (collection: string, object: object = {}) =>
  JSON.stringify([collection, Reflect.get(object, "workspaceId"), Reflect.get(object, "type")]);

function isOvertaken({ collection, id }: Edit, later: readonly RequestRecord[], before: Stored): boolean {
  const object = before[collection]?.find((one) => Reflect.get(one, "id") === id) ?? {};
  const workspaceId = String(Reflect.get(object, "workspaceId")).toLowerCase();
  const own = id.split("/").at(-1)?.toLowerCase() ?? "";
  const list = collection === "workspaces" ? "/workspaces" : `/workspaces/${workspaceId}${LISTS[collection] ?? ""}`;
  const pathOf = ({ path }: RequestRecord) => path.toLowerCase();
  const write = later.findIndex((request) => request.method !== "GET" && pathOf(request).includes(`/${own}`));
  const looks = later.slice(0, Math.max(write, 0)).filter(({ method }) => method === "GET");
  // what is deleted is read by itself just before, so that lists for other objects tell nothing; roles are only listed
  const isListed = later[write]?.method !== "DELETE" || collection === "roles";
  return write >= 0 && !looks.some((look) => (isListed && pathOf(look) === list) || pathOf(look).endsWith(`/${own}`));
}
