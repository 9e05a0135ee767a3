/**
 * Where the objects of a kind stand in the service's addresses, which also decides what the ids of its resources are made of:
 * - in the tenant: `/domains/{id}`, the id is the service's own;
 * - in a workspace: `/workspaces/{workspaceId}/items/{id}`, the id is `{workspaceId}/{id}`;
 * - in an item: `/workspaces/{workspaceId}/items/{itemId}/shortcuts/{id}`, the id is `{workspaceId}/{itemId}/{id}`;
 * - of a workspace, which has one of them: `/workspaces/{workspaceId}/git`, the id is the workspace's. An empty path means that
 *   the workspace itself tells of it.
 */
export type Place =
  | { readonly in: "tenant" | "workspace" | "item"; readonly collection: string }
  | { readonly of: "workspace"; readonly path: string };

/** What an object is in. */
export interface Holder {
  /** Undefined for what stands in the tenant. */
  readonly workspaceId?: string | undefined;
  /** Undefined for what stands in no item. */
  readonly itemId?: string | undefined;
}

/** The parts of a resource's id. */
export interface ObjectId extends Holder {
  /** The service's own id; of what a workspace has one of, the workspace's. */
  readonly id: string;
}

/** An id becomes a part of paths: one that is empty or holds a slash would mean another object. */
const PART = /^[\w-]+$/;

/** The id of a resource, read; undefined if it is none of that place. */
export function parseId(place: Place, resourceId: string): ObjectId | undefined {
  const parts = resourceId.split("/");
  const [first = "", second = "", third = ""] = parts;
  if (!parts.every((part) => PART.test(part)) || parts.length !== lengthOf(place)) return undefined;
  if ("of" in place) return { workspaceId: first, id: first };
  switch (place.in) {
    case "tenant":
      return { id: first };
    case "workspace":
      return { workspaceId: first, id: second };
    case "item":
      return { workspaceId: first, itemId: second, id: third };
  }
}

const lengthOf = (place: Place) => ("of" in place ? 1 : { tenant: 1, workspace: 2, item: 3 }[place.in]);

/** The opposite of {@link parseId}. */
export function formatId(place: Place, { workspaceId = "", itemId = "", id }: ObjectId): string {
  if ("of" in place || place.in === "tenant") return id;
  return place.in === "workspace" ? `${workspaceId}/${id}` : `${workspaceId}/${itemId}/${id}`;
}

/**
 * The path of an object at the service.
 * @throws Error if the id is none of that place
 */
export function pathOf(place: Place, resourceId: string): string {
  const parsed = parseId(place, resourceId);
  if (!parsed) {
    const list = collectionPath(place, { workspaceId: "{workspaceId}", itemId: "{itemId}" });
    throw new Error(`'${resourceId}' is no id of an object in ${list}.`);
  }
  const path = collectionPath(place, parsed);
  return "of" in place ? path : `${path}/${parsed.id}`;
}

/** The path of the list that the objects of a place are in; of what a workspace has one of, its own. */
export function collectionPath(place: Place, { workspaceId = "", itemId = "" }: Holder): string {
  const workspace = `/workspaces/${workspaceId}`;
  if ("of" in place) return place.path === "" ? workspace : `${workspace}/${place.path}`;
  switch (place.in) {
    case "tenant":
      return `/${place.collection}`;
    case "workspace":
      return `${workspace}/${place.collection}`;
    case "item":
      return `${workspace}/items/${itemId}/${place.collection}`;
  }
}

/** The workspace that an object is in, or that it is; undefined for the other objects of the tenant. */
export function workspaceOf(place: Place, resourceId: string): string | undefined {
  const parsed = parseId(place, resourceId);
  const isWorkspace = "in" in place && place.in === "tenant" && place.collection === "workspaces";
  return isWorkspace ? parsed?.id : parsed?.workspaceId;
}
