/**
 * Where the objects of a kind stand in the service's addresses, which also decides what the ids of its resources are made of:
 * - in the tenant: `/domains/{id}`, the id is the service's own;
 * - in a workspace: `/workspaces/{workspaceId}/items/{id}`, the id is `{workspaceId}/{id}`;
 * - of a workspace, which has one of them: `/workspaces/{workspaceId}/git`, the id is the workspace's.
 */
export type Place =
  | { readonly in: "tenant"; readonly collection: string }
  | { readonly in: "workspace"; readonly collection: string }
  | { readonly of: "workspace"; readonly path: string };

/** The halves of a resource's id. */
export interface ObjectId {
  /** Undefined for what stands in the tenant. */
  readonly workspaceId: string | undefined;
  /** The service's own id; of what a workspace has one of, the workspace's. */
  readonly id: string;
}

/** An id becomes a part of paths: one that is empty or holds a slash would mean another object. */
const PART = /^[\w-]+$/;

/** The id of a resource, read; undefined if it is none of that place. */
export function parseId(place: Place, resourceId: string): ObjectId | undefined {
  const parts = resourceId.split("/");
  const [first = "", second = ""] = parts;
  if (!parts.every((part) => PART.test(part))) return undefined;
  if ("in" in place && place.in === "workspace")
    return parts.length === 2 ? { workspaceId: first, id: second } : undefined;
  if (parts.length !== 1) return undefined;
  return { workspaceId: "of" in place ? first : undefined, id: first };
}

/** The opposite of {@link parseId}. */
export const formatId = (place: Place, { workspaceId, id }: ObjectId): string =>
  "in" in place && place.in === "workspace" ? `${workspaceId ?? ""}/${id}` : id;

/**
 * The path of an object at the service.
 * @throws Error if the id is none of that place
 */
export function pathOf(place: Place, resourceId: string): string {
  const parsed = parseId(place, resourceId);
  if (!parsed) throw new Error(`'${resourceId}' is no id of an object in ${collectionPath(place, "{workspaceId}")}.`);
  const { workspaceId = "", id } = parsed;
  return "of" in place ? collectionPath(place, workspaceId) : `${collectionPath(place, workspaceId)}/${id}`;
}

/** The path of the list that the objects of a place are in; of what a workspace has one of, its own. */
export function collectionPath(place: Place, workspaceId: string): string {
  if ("of" in place) return `/workspaces/${workspaceId}/${place.path}`;
  return place.in === "tenant" ? `/${place.collection}` : `/workspaces/${workspaceId}/${place.collection}`;
}

/** The workspace that an object is in, or that it is; undefined for the other objects of the tenant. */
export function workspaceOf(place: Place, resourceId: string): string | undefined {
  const parsed = parseId(place, resourceId);
  const isWorkspace = "in" in place && place.in === "tenant" && place.collection === "workspaces";
  return isWorkspace ? parsed?.id : parsed?.workspaceId;
}
