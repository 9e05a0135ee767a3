import { z } from "zod";
import { collection } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { checked, member, route } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Call, Reply, Route, Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { refusalOfContent } from "../definitions/byType.ts";
import type { Refusal } from "../definitions/check.ts";
import { isObject, objectOf } from "../definitions/definition.ts";
import type { Definition } from "../definitions/definition.ts";
import { parentEventhouse } from "../definitions/kqlDatabase.ts";
import { isCapacityPaused } from "./capacities.ts";
import { folderById, optionalParent } from "./folders.ts";
import { definitionOf, shownDefinition } from "./itemDefinition.ts";
import { propertiesOf } from "./itemProperties.ts";
import { changedProperties, patchedProperties } from "./itemSettings.ts";
import { addItem, childrenOf, items, itemsOf, recoverableItems, removeItem } from "./itemStore.ts";
import type { Item } from "./itemStore.ts";
import { isItemType, itemTypeOf, itemTypes } from "./itemTypes.ts";
import { startOperation } from "./operations.ts";
import { workspace } from "./workspaces.ts";
import type { Role, Workspace } from "./workspaces.ts";

export { addItem, items, itemsOf, recoverableItems, removeItem } from "./itemStore.ts";
export type { Item } from "./itemStore.ts";

/** A display name that is still taken after a delete. Its id is `{workspaceId}/{type}/{name}`. */
interface Reservation extends Stored {
  readonly until: number;
}

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
/**
 * The item of a path below its type's own collection, for routes that only this type has.
 * @param type a type of `itemTypes`
 */
export const typedItem = (type: string, atLeast: Role): Guard<Item> =>
  checked(itemAt(itemTypeOf(type).collection, atLeast), (item) => {
    if (item.type !== type) throw itemNotFound(item.id);
  });

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
  route("POST", item("Contributor"), "/move", move),
  route("GET", item("Viewer"), "/connections", ({ type, connections = [] }) => {
    if (itemTypeOf(type).definition === "none") throw unsupported();
    return ok({ value: connections });
  }),
  route("POST", item("Contributor"), "/getDefinition", getDefinition),
  route("POST", item("Contributor"), "/updateDefinition", updateDefinition),
];

/** Routes of each type's own collection. It shows additional properties, and contains only items of the type. */
const typedRoutes: readonly Route[] = itemTypes.flatMap(({ type, collection }): Route[] => {
  const typed = (atLeast: Role) => typedItem(type, atLeast);
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
      ok(patchedProperties(shownWithProperties(update(item, call, service), service)), etag),
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

/** Puts an item with its children into the recycle bin, before its delete. */
function keepDeleted(service: Service, item: Item): void {
  for (const one of [item, ...childrenOf(service, item)]) recoverableItems.in(service).put(one);
}

function create(workspace: Workspace, call: Call, service: Service, type: string): Reply {
  if (!isItemType(type)) throw new ServiceError(400, "InvalidItemType", "The item type is invalid");
  if (!workspace.capacityId && !["Report", "SemanticModel", "Dashboard", "PaginatedReport"].includes(type)) {
    throw new ServiceError(403, "FeatureNotAvailable", "The feature is not available: the workspace has no capacity");
  }
  const displayName = requiredText(call.body, "displayName", 256);
  assertAllowed(type, displayName);
  const description = descriptionOf(call) ?? "";
  assertFree(service, workspace.id, type, displayName);
  const folderId = optionalParent(call, service, workspace.id, "folderId");
  const creationPayload = (call.body["creationPayload"] ?? undefined) as Record<string, unknown> | undefined;
  const definition = definitionOf(call);
  if (definition && creationPayload) {
    throw new ServiceError(
      400,
      "RequestWithDefinitionAndCreationPayloadNotSupported",
      "Either a definition or a creation payload",
    );
  }
  const sent = { definition, creationPayload };
  const refusal = refusalOfContent(sent, { type, displayName, workspaceId: workspace.id }, service, true);
  const effect = () =>
    shown(
      addItem(service, workspace.id, {
        type,
        displayName,
        description,
        ...(folderId && { folderId }),
        ...definition,
        ...(creationPayload && { creationPayload }),
        ...(type === "KQLDatabase" && { parentId: parentEventhouse(sent, workspace.id, service)?.id }),
      }),
    );
  const { create: mode } = itemTypeOf(type);
  const isAsync = mode === "async" || (mode === "asyncWithDefinition" && definition !== undefined);
  return answered(call, service, isAsync, refusal, effect, (item) => created(item, etag), etag);
}

/** See https://learn.microsoft.com/fabric/data-engineering/create-lakehouse */
function assertAllowed(type: string, displayName: string): void {
  if (type === "Lakehouse" && !/^[a-z][a-z\d_]{0,122}$/i.test(displayName))
    throw new ServiceError(400, "InvalidInput", "The request has an invalid input");
}

/**
 * The answer to a call that brings content: at once, by an operation, or a refusal.
 * @param answer the answer at once, from what the effect returns
 */
function answered(
  call: Call,
  service: Service,
  isAsync: boolean,
  refusal: Refusal | undefined,
  effect: () => unknown,
  answer: (result: unknown) => Reply,
  headers: Record<string, string> = {},
): Reply {
  if (refusal?.in === "answer") throw new ServiceError(400, refusal.errorCode, refusal.message);
  const operationError = call.operationError ?? refusal;
  if (!isAsync && !operationError) return answer(effect());
  return startOperation({ ...call, operationError }, service, true, effect, headers);
}

function update(item: Item, call: Call, service: Service): Item {
  const description = descriptionOf(call);
  const properties = changedProperties(item, call.body["properties"]);
  const changes = { ...(description !== undefined && { description }), ...(properties && { properties }) };
  if (call.body["displayName"] === undefined) return items.in(service).change(item.id, changes);
  const displayName = requiredText(call.body, "displayName", 256);
  if (displayName !== item.displayName) {
    if (item.type === "CosmosDBDatabase" || item.type === "MLModel") {
      const message = `The display name of ${item.type} items cannot be changed`;
      throw new ServiceError(400, `${item.type}DisplayNameCannotBeChanged`, message);
    }
    assertFree(service, item.workspaceId, item.type, displayName, item.id);
    reserve(service, item);
  }
  return items.in(service).change(item.id, { displayName, ...changes });
}

/**
 * Moves an item with the databases in it. An item inside another one does not move alone.
 * @see https://learn.microsoft.com/rest/api/fabric/core/items/move-item
 */
function move(item: Item, call: Call, service: Service): Reply {
  const folderId = optionalParent(call, service, item.workspaceId, "targetFolderId");
  const isElsewhere = (folderId ?? "") !== (item.folderId ?? "");
  if (isElsewhere && item.parentId && items.in(service).get(item.parentId))
    throw new ServiceError(400, "CannotMoveChildOnly", "A child item can't be moved without its parent item");
  // recorded: SQL endpoints name no folder, whatever folder their item is in
  const children = childrenOf(service, item).filter(({ type }) => type !== "SQLEndpoint");
  return ok({ value: [item, ...children].map(({ id }) => shown(items.in(service).change(id, { folderId }))) });
}

function deleteItem(item: Item, call: Call, service: Service): Reply {
  const isForGood = call.query.get("hardDelete")?.toLowerCase() === "true";
  if (service.levers.itemRecovery && !isForGood) keepDeleted(service, item);
  removeItem(service, item);
  reserve(service, item);
  return ok();
}

function getDefinition(item: Item, call: Call, service: Service): Reply {
  const { definition } = itemTypeOf(item.type);
  if (definition === "none") throw unsupported();
  const answer = { definition: shownDefinition(item, call, service) };
  if (definition === "async" || call.operationError) return startOperation(call, service, true, () => answer);
  return ok(answer);
}

function updateDefinition(item: Item, call: Call, service: Service): Reply {
  const { definition: mode } = itemTypeOf(item.type);
  if (mode === "none") throw unsupported();
  const definition = definitionOf(call);
  if (!definition) throw new ServiceError(400, "MissingDefinitionParts", "The definition has no parts");
  const refusal = refusalOfContent({ definition }, item, service, false);
  const effect = () => {
    const isNaming = call.query.get("updateMetadata")?.toLowerCase() === "true";
    return shown(items.in(service).change(item.id, { ...definition, ...(isNaming && metadataIn(definition)) }));
  };
  return answered(call, service, mode === "async", refusal, effect, () => ok());
}

/** Name and description in the part `.platform`, as far as it has them. */
function metadataIn({ parts }: Definition): Partial<Item> {
  const metadata = objectOf(parts.find(({ path }) => path === ".platform"))?.["metadata"];
  const { displayName, description } = isObject(metadata) ? metadata : {};
  return {
    ...(typeof displayName === "string" && displayName !== "" && { displayName }),
    ...(typeof description === "string" && { description }),
  };
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
  const properties = propertiesOf(item, service);
  return { ...shown(item), ...(properties && { properties }) };
}
