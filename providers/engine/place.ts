/**
 * The place of a kind's objects in the service's addresses. It also decides the format of the resources' ids:
 * - in the tenant: `/domains/{id}`, the id is the service's own;
 * - in a workspace: `/workspaces/{workspaceId}/items/{id}`, the id is `{workspaceId}/{id}`;
 * - in an item: `/workspaces/{workspaceId}/items/{itemId}/shortcuts/{id}`, the id is `{workspaceId}/{itemId}/{id}`;
 * - in a connection: `/connections/{connectionId}/roleAssignments/{id}`, the id is `{connectionId}/{id}`;
 * - one per workspace: `/workspaces/{workspaceId}/git`, the id is the workspace's. If the path is empty, the workspace itself
 *   holds the object.
 */
export type Place =
  | { readonly in: "tenant" | "workspace" | "item" | "connection"; readonly collection: string }
  | { readonly of: "workspace"; readonly path: string };

/** The holder of an object. */
export interface Holder {
  /** Undefined for objects of the tenant. */
  readonly workspaceId?: string | undefined;
  /** Undefined for objects outside items. */
  readonly itemId?: string | undefined;
  /** Undefined for objects outside connections. */
  readonly connectionId?: string | undefined;
}

/** The parts of a resource's id. */
export interface ObjectId extends Holder {
  /** The service's own id; for a kind with one object per workspace, the workspace's. */
  readonly id: string;
}

/** An id becomes a part of paths: an empty id or one with a slash would name another object. */
const PART = /^[\w-]+$/;

/** Parses the id of a resource; undefined if the id does not fit the place. */
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
    case "connection":
      return { connectionId: first, id: second };
  }
}

const lengthOf = (place: Place) => ("of" in place ? 1 : { tenant: 1, workspace: 2, item: 3, connection: 2 }[place.in]);

/** The opposite of {@link parseId}. */
export function formatId(place: Place, { workspaceId = "", itemId = "", connectionId = "", id }: ObjectId): string {
  if ("of" in place || place.in === "tenant") return id;
  if (place.in === "connection") return `${connectionId}/${id}`;
  return place.in === "workspace" ? `${workspaceId}/${id}` : `${workspaceId}/${itemId}/${id}`;
}

/**
 * The path of an object at the service.
 * @throws Error if the id does not fit the place
 */
export function pathOf(place: Place, resourceId: string): string {
  const parsed = parseId(place, resourceId);
  if (!parsed) {
    const list = collectionPath(place, {
      workspaceId: "{workspaceId}",
      itemId: "{itemId}",
      connectionId: "{connectionId}",
    });
    throw new Error(`'${resourceId}' is no id of an object in ${list}.`);
  }
  const path = collectionPath(place, parsed);
  return "of" in place ? path : `${path}/${parsed.id}`;
}

/** The path of the list with the objects of a place; for a kind with one object per workspace, the path of the object. */
export function collectionPath(place: Place, { workspaceId = "", itemId = "", connectionId = "" }: Holder): string {
  const workspace = `/workspaces/${workspaceId}`;
  if ("of" in place) return place.path === "" ? workspace : `${workspace}/${place.path}`;
  switch (place.in) {
    case "tenant":
      return `/${place.collection}`;
    case "workspace":
      return `${workspace}/${place.collection}`;
    case "item":
      return `${workspace}/items/${itemId}/${place.collection}`;
    case "connection":
      return `/connections/${connectionId}/${place.collection}`;
  }
}

/** The workspace that holds an object, or that is the object; undefined for other objects of the tenant. */
export function workspaceOf(place: Place, resourceId: string): string | undefined {
  const parsed = parseId(place, resourceId);
  const isWorkspace = "in" in place && place.in === "tenant" && place.collection === "workspaces";
  return isWorkspace ? parsed?.id : parsed?.workspaceId;
}
