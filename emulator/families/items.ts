import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, remove } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { checked, member, route } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Call, Reply, Route, Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { isCapacityPaused } from "./capacities.ts";
import { folderById, optionalParent } from "./folders.ts";
import { defaultParts, partsOf, platformPart, rewritten } from "./itemDefinition.ts";
import type { Part } from "./itemDefinition.ts";
import { isItemType, itemTypeOf, itemTypes } from "./itemTypes.ts";
import { startOperation } from "./operations.ts";
import { workspace } from "./workspaces.ts";
import type { Role, Workspace } from "./workspaces.ts";

export interface Item extends Stored {
  readonly workspaceId: string;
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly folderId?: string | undefined;
  readonly parts?: readonly Part[];
  readonly creationPayload?: Record<string, unknown> | undefined;
  readonly properties?: Record<string, unknown> | undefined;
  /** The item that this item was created with, and is deleted with. */
  readonly parentId?: string;
  /** Time at which the SQL endpoint is ready; absent if it never is. */
  readonly sqlEndpointAt?: number;
}

/** A display name that is still taken after a delete. Its id is `{workspaceId}/{type}/{name}`. */
interface Reservation extends Stored {
  readonly until: number;
}

/** The items of all workspaces. */
export const items = collection<Item>("items", {
  ownedBy: { workspaces: "workspaceId", items: "parentId" },
  liesIn: { folders: "folderId" },
});
/** Deleted items in the recycle bin of their workspace. Deletes put them here; recoverableItems.ts has the routes. */
export const recoverableItems = collection<Item>("recoverableItems", { ownedBy: { workspaces: "workspaceId" } });
const reservations = collection<Reservation>("reservations");

/** The service sends an empty ETag with items, and never a real one. */
const etag = { ETag: '""' };

/** A workspace with visible items. If its capacity is paused, its items are not found. */
const runningWorkspace = (atLeast: Role): Guard<Workspace> =>
  checked(workspace(atLeast), ({ capacityId }, _call, service) => {
    if (isCapacityPaused(service, capacityId)) throw notFound("item");
  });
const itemNotFound = (id: string) =>
  new ServiceError(404, "ItemNotFound", "The requested item could not be found", {
    relatedResource: { resourceId: id, resourceType: "Item" },
  });
const itemAt = (collectionPath: string, atLeast: Role): Guard<Item> =>
  member(runningWorkspace(atLeast), `/${collectionPath}/{itemId}`, items, itemNotFound);
/** The item of a path, for families of objects inside items. */
export const item = (atLeast: Role): Guard<Item> => itemAt("items", atLeast);

/** Routes for items that all types share. */
const genericRoutes: readonly Route[] = [
  route("GET", workspace("Viewer"), "/items", (workspace, call, service) => {
    const type = call.query.get("type");
    if (type && !isItemType(type)) throw new ServiceError(400, "InvalidItemType", "The item type is invalid");
    const root = call.query.get("rootFolderId") ?? undefined;
    if (root) folderById(service, workspace.id, root);
    const isRecursive = call.query.get("recursive")?.toLowerCase() !== "false";
    // the real service does not explain the empty list, which therefore proves nothing
    const visible = isCapacityPaused(service, workspace.capacityId) ? [] : itemsOf(service, workspace.id);
    const all = visible.filter(
      (item) => (!type || sameName(item.type, type)) && (isRecursive && !root ? true : item.folderId === root),
    );
    return page(call, service, all.map(shown), `/workspaces/${workspace.id}/items`);
  }),
  route("POST", runningWorkspace("Contributor"), "/items", (workspace, call, service) =>
    create(workspace, call, service, requiredText(call.body, "type", 100)),
  ),
  route("GET", item("Viewer"), "", (item) => ok(shown(item), etag)),
  route("PATCH", item("Contributor"), "", (item, call, service) => ok(shown(update(item, call, service)), etag)),
  route("DELETE", item("Contributor"), "", deleteItem),
  route("POST", item("Contributor"), "/move", ({ id, workspaceId }, call, service) => {
    const folderId = optionalParent(call, service, workspaceId, "targetFolderId");
    return ok({ value: [shown(items.in(service).change(id, { folderId }))] });
  }),
  route("GET", item("Viewer"), "/connections", ({ type }) => {
    if (itemTypeOf(type).definition === "none") throw unsupported();
    return ok({ value: [] });
  }),
  route("POST", item("Contributor"), "/getDefinition", getDefinition),
  route("POST", item("Contributor"), "/updateDefinition", updateDefinition),
];

/** Routes of each type's own collection. It shows additional properties, and contains only items of the type. */
const typedRoutes: readonly Route[] = itemTypes.flatMap(({ type, collection }): Route[] => {
  const typed = (atLeast: Role) =>
    checked(itemAt(collection, atLeast), (item) => {
      if (item.type !== type) throw itemNotFound(item.id);
    });
  return [
    route("GET", workspace("Viewer"), `/${collection}`, ({ id }, call, service) => {
      const all = itemsOf(service, id).filter((item) => item.type === type);
      return page(
        call,
        service,
        all.map((item) => shownWithProperties(item, service)),
        `/workspaces/${id}/${collection}`,
      );
    }),
    route("POST", runningWorkspace("Contributor"), `/${collection}`, (workspace, call, service) =>
      create(workspace, call, service, type),
    ),
    route("GET", typed("Viewer"), "", (item, _call, service) => ok(shownWithProperties(item, service), etag)),
    route("PATCH", typed("Contributor"), "", (item, call, service) =>
      ok(shownWithProperties(update(item, call, service), service), etag),
    ),
    route("DELETE", typed("Contributor"), "", deleteItem),
    route("POST", typed("Contributor"), "/getDefinition", getDefinition),
    route("POST", typed("Contributor"), "/updateDefinition", updateDefinition),
  ];
});

/** Items of every type, with their definitions. */
export const itemFamily = defineFamily({
  name: "items",
  collections: { items, recoverableItems, reservations },
  routes: [...genericRoutes, ...typedRoutes],
  seed: {
    items: z
      .array(
        z.looseObject({
          id: z.string(),
          type: z.string(),
          displayName: z.string(),
          workspaceId: z.string(),
          description: z.string().default(""),
          folderId: z.string().optional(),
        }),
      )
      .default([]),
  },
  populate(service, seed) {
    for (const { id, type, displayName, workspaceId, description, folderId } of seed.items) {
      items.in(service).put({
        id,
        type: itemTypeOf(type).type,
        displayName,
        workspaceId,
        description,
        ...(folderId && { folderId }),
      });
    }
  },
});

/** The items of a workspace. */
export const itemsOf = (service: Service, workspaceId: string) =>
  items
    .in(service)
    .all()
    .filter((item) => item.workspaceId === workspaceId);

/** Adds an item, for a create or a sync from Git. */
export function addItem(service: Service, workspaceId: string, item: Omit<Item, "id" | "workspaceId">): Item {
  const id = randomUUID();
  if (item.type === "Lakehouse") {
    // the SQL endpoint of a lakehouse is a separate item
    items.in(service).put({
      id: randomUUID(),
      workspaceId,
      type: "SQLEndpoint",
      displayName: item.displayName,
      description: "",
      parentId: id,
    });
  }
  const hasEndpoint = itemTypeOf(item.type).properties?.(workspaceId, id)["sqlEndpointProperties"] !== undefined;
  const waitMs = hasEndpoint ? service.timing.sqlEndpointMs() : undefined;
  const sqlEndpointAt = waitMs === undefined ? {} : { sqlEndpointAt: service.clock.now() + waitMs };
  return items.in(service).put({ ...item, id, workspaceId, ...sqlEndpointAt });
}

/** Removes an item with its children. */
export const removeItem = (service: Service, { id }: Item): void => remove(service, items, id);

/** Puts an item with its children into the recycle bin, before its delete. */
function keepDeleted(service: Service, item: Item): void {
  const children = items
    .in(service)
    .all()
    .filter(({ parentId }) => parentId === item.id);
  for (const one of [item, ...children]) recoverableItems.in(service).put(one);
}

function create(workspace: Workspace, call: Call, service: Service, type: string): Reply {
  if (!isItemType(type)) throw new ServiceError(400, "InvalidItemType", "The item type is invalid");
  if (!workspace.capacityId && !["Report", "SemanticModel", "Dashboard", "PaginatedReport"].includes(type)) {
    throw new ServiceError(403, "FeatureNotAvailable", "The feature is not available: the workspace has no capacity");
  }
  const displayName = requiredText(call.body, "displayName", 256);
  const description = descriptionOf(call) ?? "";
  assertFree(service, workspace.id, type, displayName);
  const folderId = optionalParent(call, service, workspace.id, "folderId");
  const creationPayload = call.body["creationPayload"] as Record<string, unknown> | undefined;
  const parts = call.body["definition"] === undefined || call.body["definition"] === null ? undefined : partsOf(call);
  if (parts && creationPayload) {
    throw new ServiceError(
      400,
      "RequestWithDefinitionAndCreationPayloadNotSupported",
      "Either a definition or a creation payload",
    );
  }
  const effect = () =>
    shown(
      addItem(service, workspace.id, {
        type,
        displayName,
        description,
        ...(folderId && { folderId }),
        ...(parts && { parts }),
        ...(creationPayload && { creationPayload }),
      }),
    );
  const { create: mode } = itemTypeOf(type);
  const isAsync =
    mode === "async" || (mode === "asyncWithDefinition" && parts !== undefined) || call.operationError !== undefined;
  return isAsync ? startOperation(call, service, true, effect, etag) : created(effect(), etag);
}

function update(item: Item, call: Call, service: Service): Item {
  const description = descriptionOf(call);
  if (call.body["displayName"] === undefined) {
    return items.in(service).change(item.id, { ...(description !== undefined && { description }) });
  }
  const displayName = requiredText(call.body, "displayName", 256);
  if (displayName !== item.displayName) {
    if (item.type === "CosmosDBDatabase") {
      throw new ServiceError(400, "CosmosDBDatabaseDisplayNameCannotBeChanged", "The display name cannot be changed");
    }
    assertFree(service, item.workspaceId, item.type, displayName, item.id);
    reserve(service, item);
  }
  return items.in(service).change(item.id, { displayName, ...(description !== undefined && { description }) });
}

function deleteItem(item: Item, _call: Call, service: Service): Reply {
  if (service.levers.itemRecovery) keepDeleted(service, item);
  removeItem(service, item);
  reserve(service, item);
  return ok();
}

function getDefinition(item: Item, call: Call, service: Service): Reply {
  const { definition, format } = itemTypeOf(item.type);
  if (definition === "none") throw unsupported();
  const isNamed = item.parts?.some((part) => part.path === ".platform");
  const own = item.parts ?? defaultParts(item);
  const shown = service.levers.rewriteDefinitions
    ? [...rewritten(own.filter((part) => part.path !== ".platform")), platformPart(item, item.id)]
    : isNamed
      ? own
      : [...own, platformPart(item)];
  const answer = { definition: { ...(format && { format }), parts: shown } };
  if (definition === "async" || call.operationError) return startOperation(call, service, true, () => answer);
  return ok(answer);
}

function updateDefinition(item: Item, call: Call, service: Service): Reply {
  const { definition } = itemTypeOf(item.type);
  if (definition === "none") throw unsupported();
  const parts = partsOf(call);
  const effect = () => {
    const platform = parts.find((part) => part.path === ".platform");
    const isNaming = call.query.get("updateMetadata")?.toLowerCase() === "true" && platform;
    const metadata = isNaming
      ? (JSON.parse(Buffer.from(platform.payload, "base64").toString()) as { metadata: Partial<Item> }).metadata
      : {};
    const changed = items.in(service).change(item.id, {
      parts,
      ...(metadata.displayName !== undefined && { displayName: metadata.displayName }),
      ...(metadata.description !== undefined && { description: metadata.description }),
    });
    return shown(changed);
  };
  if (definition === "async" || call.operationError) return startOperation(call, service, true, effect);
  effect();
  return ok();
}

const unsupported = () =>
  new ServiceError(400, "OperationNotSupportedForItem", "The operation is not supported for the item");

function assertFree(service: Service, workspaceId: string, type: string, displayName: string, ownId?: string): void {
  const isTaken = itemsOf(service, workspaceId).some(
    (other) => other.id !== ownId && other.type === type && sameName(other.displayName, displayName),
  );
  if (isTaken)
    throw new ServiceError(409, "ItemDisplayNameAlreadyInUse", `Requested '${displayName}' is already in use`, {
      isRetriable: false,
    });
  const reserved = reservations.in(service).get(`${workspaceId}/${type}/${displayName}`);
  if (reserved && reserved.until > service.clock.now()) {
    throw new ServiceError(
      409,
      "ItemDisplayNameNotAvailableYet",
      `Requested '${displayName}' is not available yet and is expected to become available for use in the upcoming minutes.`,
      { isRetriable: true },
    );
  }
}

function reserve(service: Service, { workspaceId, type, displayName }: Item): void {
  const { nameReservationMs } = service.levers;
  if (nameReservationMs > 0) {
    reservations.in(service).put({
      id: `${workspaceId}/${type}/${displayName}`,
      until: service.clock.now() + nameReservationMs,
    });
  }
}

function descriptionOf(call: Call): string | undefined {
  const description = call.body["description"];
  if (description === undefined || description === null) return undefined;
  if (typeof description !== "string" || description.length > 256)
    throw badRequest("The description must be a string of at most 256 characters.");
  return description;
}

/** An item in the format of the shared routes. */
function shown({ id, type, displayName, description, workspaceId, folderId }: Item) {
  return { id, type, displayName, description, workspaceId, ...(folderId && { folderId }) };
}

function shownWithProperties(item: Item, service: Service) {
  const properties = itemTypeOf(item.type).properties?.(item.workspaceId, item.id);
  const schema = item.creationPayload?.["enableSchemas"] === true ? { defaultSchema: "dbo" } : {};
  const endpoint = readyEndpoint(item, service);
  return {
    ...shown(item),
    ...(properties && { properties: { ...properties, ...endpoint, ...schema, ...item.properties } }),
  };
}

/** Properties about an item's SQL endpoint; empty until the endpoint is ready. */
function readyEndpoint({ id, workspaceId, sqlEndpointAt }: Item, service: Service) {
  if (sqlEndpointAt === undefined || sqlEndpointAt > service.clock.now()) return {};
  const endpoint = items
    .in(service)
    .all()
    .find(({ parentId }) => parentId === id);
  const server = `${workspaceId.replaceAll("-", "").slice(0, 20)}.datawarehouse.fabric.microsoft.com`;
  const told = { connectionString: server, id: endpoint?.id ?? id, provisioningStatus: "Success" };
  return { sqlEndpointProperties: told };
}
