import { randomUUID } from "node:crypto";
import { folderById, optionalParent } from "./folders.ts";
import { isItemType, itemTypeOf, itemTypes } from "./itemTypes.ts";
import type { Item, Part, Workspace } from "../core/model.ts";
import { keepDeleted } from "./recoverableItems.ts";
import {
  badRequest,
  created,
  ok,
  page,
  requiredText,
  sameName,
  ServiceError,
  startOperation,
  workspaceOf,
} from "../core/service.ts";
import type { Call, Reply, Route, Service } from "../core/service.ts";
import { rewritten } from "../core/spelling.ts";
import { assertCapacityRuns, isCapacityPaused } from "./workspaces.ts";

const path = "/workspaces/{workspaceId}/items";
/** The service sends an empty one with items, and never a real one. */
const etag = { ETag: '""' };

/** Items by the routes that all types share. */
const genericRoutes: readonly Route[] = [
  {
    method: "GET",
    template: path,
    handler(call, service) {
      const workspace = workspaceOf(call, service);
      const type = call.query.get("type");
      if (type && !isItemType(type)) throw new ServiceError(400, "InvalidItemType", "The item type is invalid");
      const root = call.query.get("rootFolderId") ?? undefined;
      if (root) folderById(service, workspace.id, root);
      const isRecursive = call.query.get("recursive")?.toLowerCase() !== "false";
      // without a word: an empty list proves nothing
      const visible = isCapacityPaused(service, workspace) ? [] : itemsOf(service, workspace.id);
      const all = visible.filter(
        (item) => (!type || sameName(item.type, type)) && (isRecursive && !root ? true : item.folderId === root),
      );
      return page(call, service, all.map(shown), `/workspaces/${workspace.id}/items`);
    },
  },
  {
    method: "POST",
    template: path,
    handler: (call, service) => create(call, service, requiredText(call.body, "type", 100)),
  },
  { method: "GET", template: `${path}/{itemId}`, handler: (call, service) => ok(shown(itemOf(call, service)), etag) },
  { method: "PATCH", template: `${path}/{itemId}`, handler: (call, service) => ok(shown(update(call, service)), etag) },
  { method: "DELETE", template: `${path}/{itemId}`, handler: remove },
  {
    method: "POST",
    template: `${path}/{itemId}/move`,
    handler(call, service) {
      const { id, workspaceId } = itemOf(call, service, "Contributor");
      const folderId = optionalParent(call, service, workspaceId, "targetFolderId");
      return ok({ value: [shown(service.items.change(id, { folderId }))] });
    },
  },
  {
    method: "GET",
    template: `${path}/{itemId}/connections`,
    handler: (call, service) => {
      if (itemTypeOf(itemOf(call, service).type).definition === "none") throw unsupported();
      return ok({ value: [] });
    },
  },
  { method: "POST", template: `${path}/{itemId}/getDefinition`, handler: getDefinition },
  { method: "POST", template: `${path}/{itemId}/updateDefinition`, handler: updateDefinition },
];

/** Items by the collection of their type, which shows properties as well. */
const typedRoutes: readonly Route[] = itemTypes.flatMap(({ type, collection }): Route[] => {
  const typed = `/workspaces/{workspaceId}/${collection}`;
  const own = (call: Call, service: Service, atLeast?: "Contributor") => {
    const item = itemOf(call, service, atLeast);
    if (item.type !== type) throw itemNotFound(item.id);
    return item;
  };
  return [
    {
      method: "GET",
      template: typed,
      handler(call, service) {
        const { id } = workspaceOf(call, service);
        const all = itemsOf(service, id).filter((item) => item.type === type);
        return page(call, service, all.map(shownWithProperties), `/workspaces/${id}/${collection}`);
      },
    },
    { method: "POST", template: typed, handler: (call, service) => create(call, service, type) },
    {
      method: "GET",
      template: `${typed}/{itemId}`,
      handler: (call, service) => ok(shownWithProperties(own(call, service)), etag),
    },
    {
      method: "PATCH",
      template: `${typed}/{itemId}`,
      handler: (call, service) => (own(call, service), ok(shownWithProperties(update(call, service)), etag)),
    },
    {
      method: "DELETE",
      template: `${typed}/{itemId}`,
      handler: (call, service) => (own(call, service), remove(call, service)),
    },
    { method: "POST", template: `${typed}/{itemId}/getDefinition`, handler: getDefinition },
    { method: "POST", template: `${typed}/{itemId}/updateDefinition`, handler: updateDefinition },
  ];
});

export const itemRoutes: readonly Route[] = [...genericRoutes, ...typedRoutes];

/** The items of a workspace. */
export const itemsOf = (service: Service, workspaceId: string) =>
  service.items.all().filter((item) => item.workspaceId === workspaceId);

/** Adds an item, as a create or a sync from Git does. */
export function addItem(service: Service, workspaceId: string, item: Omit<Item, "id" | "workspaceId">): Item {
  const id = randomUUID();
  if (item.type === "Lakehouse") {
    // the SQL endpoint of a lakehouse is an item of its own
    service.items.put({
      id: randomUUID(),
      workspaceId,
      type: "SQLEndpoint",
      displayName: item.displayName,
      description: "",
      parentId: id,
    });
  }
  return service.items.put({ ...item, id, workspaceId });
}

/** Removes an item and what came with it. */
export function removeItem(service: Service, { id }: Item): void {
  for (const child of service.items.all()) if (child.parentId === id) service.items.delete(child.id);
  service.items.delete(id);
}

function create(call: Call, service: Service, type: string): Reply {
  const workspace = workspaceOf(call, service, "Contributor");
  assertCapacityRuns(service, workspace);
  if (!isItemType(type)) throw new ServiceError(400, "InvalidItemType", "The item type is invalid");
  if (!workspace.capacityId && !["Report", "SemanticModel", "Dashboard", "PaginatedReport"].includes(type)) {
    throw new ServiceError(403, "FeatureNotAvailable", "The feature is not available: the workspace has no capacity");
  }
  const displayName = requiredText(call.body, "displayName", 256);
  const description = descriptionOf(call) ?? "";
  assertFree(service, workspace, type, displayName);
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

function update(call: Call, service: Service): Item {
  const item = itemOf(call, service, "Contributor");
  const description = descriptionOf(call);
  if (call.body["displayName"] === undefined) {
    return service.items.change(item.id, { ...(description !== undefined && { description }) });
  }
  const displayName = requiredText(call.body, "displayName", 256);
  if (displayName !== item.displayName) {
    if (item.type === "CosmosDBDatabase") {
      throw new ServiceError(400, "CosmosDBDatabaseDisplayNameCannotBeChanged", "The display name cannot be changed");
    }
    const workspace = service.workspaces.get(item.workspaceId);
    if (workspace) assertFree(service, workspace, item.type, displayName, item.id);
    reserve(service, item);
  }
  return service.items.change(item.id, { displayName, ...(description !== undefined && { description }) });
}

function remove(call: Call, service: Service): Reply {
  const item = itemOf(call, service, "Contributor");
  if (service.levers.itemRecovery) keepDeleted(service, item);
  removeItem(service, item);
  reserve(service, item);
  return ok();
}

function getDefinition(call: Call, service: Service): Reply {
  const item = itemOf(call, service, "Contributor");
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

function updateDefinition(call: Call, service: Service): Reply {
  const item = itemOf(call, service, "Contributor");
  const { definition } = itemTypeOf(item.type);
  if (definition === "none") throw unsupported();
  const parts = partsOf(call);
  const effect = () => {
    const platform = parts.find((part) => part.path === ".platform");
    const isNaming = call.query.get("updateMetadata")?.toLowerCase() === "true" && platform;
    const metadata = isNaming
      ? (JSON.parse(Buffer.from(platform.payload, "base64").toString()) as { metadata: Partial<Item> }).metadata
      : {};
    service.items.change(item.id, {
      parts,
      ...(metadata.displayName !== undefined && { displayName: metadata.displayName }),
      ...(metadata.description !== undefined && { description: metadata.description }),
    });
    return shown(itemOf(call, service));
  };
  if (definition === "async" || call.operationError) return startOperation(call, service, true, effect);
  effect();
  return ok();
}

function itemOf(call: Call, service: Service, atLeast: "Viewer" | "Contributor" = "Viewer"): Item {
  const workspace = workspaceOf(call, service, atLeast);
  assertCapacityRuns(service, workspace);
  const id = call.params["itemId"] ?? "";
  const item = service.items.get(id);
  if (item?.workspaceId !== workspace.id) throw itemNotFound(id);
  return item;
}

const itemNotFound = (id: string) =>
  new ServiceError(404, "ItemNotFound", "The requested item could not be found", {
    relatedResource: { resourceId: id, resourceType: "Item" },
  });

const unsupported = () =>
  new ServiceError(400, "OperationNotSupportedForItem", "The operation is not supported for the item");

function assertFree(service: Service, workspace: Workspace, type: string, displayName: string, ownId?: string): void {
  const isTaken = itemsOf(service, workspace.id).some(
    (other) => other.id !== ownId && other.type === type && sameName(other.displayName, displayName),
  );
  if (isTaken)
    throw new ServiceError(409, "ItemDisplayNameAlreadyInUse", `Requested '${displayName}' is already in use`, {
      isRetriable: false,
    });
  const reserved = service.reservations.get(`${workspace.id}/${type}/${displayName}`);
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
    service.reservations.put({
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

/** @throws ServiceError where the definition is not what the service takes */
function partsOf(call: Call): Part[] {
  const { parts } = (call.body["definition"] ?? {}) as { parts?: unknown };
  if (!Array.isArray(parts) || parts.length === 0)
    throw new ServiceError(400, "MissingDefinitionParts", "The definition has no parts");
  for (const part of parts as Partial<Part>[]) {
    if (!part.path || typeof part.payload !== "string")
      throw new ServiceError(400, "InvalidDefinitionParts", "A part needs path and payload");
    if (part.payloadType !== "InlineBase64")
      throw new ServiceError(400, "UnsupportedPayloadType", "Only InlineBase64 is supported");
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(part.payload))
      throw new ServiceError(400, "CorruptedPayload", `The payload of ${part.path} is no base64`);
  }
  return parts as Part[];
}

/** The part that says what the item is, as exports contain it. */
export function platformPart(
  { type, displayName, description }: Pick<Item, "type" | "displayName" | "description">,
  logicalId = "00000000-0000-0000-0000-000000000000",
): Part {
  const text = JSON.stringify(
    {
      $schema:
        "https://developer.microsoft.com/json-schemas/fabric/gitIntegration/platformProperties/2.0.0/schema.json",
      metadata: { type, displayName, ...(description && { description }) },
      config: { version: "2.0", logicalId },
    },
    null,
    2,
  );
  return { path: ".platform", payload: Buffer.from(text).toString("base64"), payloadType: "InlineBase64" };
}

/** What an item that was made without a definition contains. */
function defaultParts({ type }: Item): Part[] {
  const empty: Readonly<Record<string, readonly [string, string]>> = {
    Notebook: ["notebook-content.py", "# Fabric notebook source\n"],
    DataPipeline: ["pipeline-content.json", '{"properties":{"activities":[]}}'],
    Lakehouse: ["lakehouse.metadata.json", "{}"],
  };
  const [name, text] = empty[type] ?? ["content.json", "{}"];
  return [{ path: name, payload: Buffer.from(text).toString("base64"), payloadType: "InlineBase64" }];
}

/** An item as the shared routes show it. */
function shown({ id, type, displayName, description, workspaceId, folderId }: Item) {
  return { id, type, displayName, description, workspaceId, ...(folderId && { folderId }) };
}

function shownWithProperties(item: Item) {
  const properties = itemTypeOf(item.type).properties?.(item.workspaceId, item.id);
  const schema = item.creationPayload?.["enableSchemas"] === true ? { defaultSchema: "dbo" } : {};
  return { ...shown(item), ...(properties && { properties: { ...properties, ...schema, ...item.properties } }) };
}
