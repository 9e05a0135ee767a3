import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { roles as allRoles } from "../../../lib/config/schema/workspaceSchema.ts";
import type { EngineStack } from "./engineStack.ts";
import type { Random } from "./existingEnvironment.ts";
import type { Stored } from "./serviceObjects.ts";
import { itemParts } from "../../itemFiles.ts";

/* What other people do at the service behind a stack's back, drawn by chance, as data: it can be done to a copy as well. */

/** One thing that somebody does. */
export interface Edit {
  /** For people: `item flow: description`. */
  readonly what: string;
  readonly collection: string;
  readonly id: string;
  /** Properties that are changed; null if the object is deleted; the whole object if it is made. */
  readonly is: Readonly<Record<string, unknown>> | null;
  readonly isNew?: true;
}

type Values = Readonly<Record<string, unknown>>;
type Service = EngineStack["emulator"]["service"];

/** Does it, as far as the object is there and has other values. @returns what was done */
export function edit({ emulator }: Pick<EngineStack, "emulator">, edits: readonly Edit[]): Edit[] {
  return edits.filter(({ collection: name, id, is, isNew }) => {
    const collection = emulator.service.store.collection(name);
    const there = collection.get(id);
    if (isNew) {
      const workspaceId = String(is?.["workspaceId"]);
      if (!emulator.service.workspaces.get(workspaceId)) return false;
      collection.put({ ...is, id });
    } else if (!there) return false;
    else if (is && Object.entries(is).every(([name, value]) => isDeepStrictEqual(Reflect.get(there, name), value)))
      return false;
    else if (is) collection.put({ ...there, ...is });
    else collection.delete(id);
    return true;
  });
}

/** What a service would have if that had been done to it. */
export function edited(stored: Stored, edits: readonly Edit[]): Stored {
  const all: Record<string, readonly object[]> = { ...stored };
  for (const { collection, id, is, isNew } of edits) {
    const objects = (all[collection] ?? []) as readonly Values[];
    const others = objects.filter((object) => object["id"] !== id);
    const there = objects.find((object) => object["id"] === id);
    if (isNew) all[collection] = [...others, { ...is, id }];
    else if (there) all[collection] = is ? [...others, { ...there, ...is }] : others;
  }
  return all;
}

/** What an edit needs to know so that nobody else's value is the same by chance. */
export interface Drawing {
  readonly random: Random;
  /** Makes names unique. */
  readonly label: string;
  /** Roles that the environments declare are not drawn, but where nothing else is left. */
  readonly service: Service;
}

/** Draws what somebody does to something that is there; undefined if there is nothing of its kind. */
export function drawEdit({ random, label, service }: Drawing): Edit | undefined {
  const one = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const kind = one(Object.keys(edits)) ?? "";
  return edits[kind]?.({ one, label, service });
}

interface Chooser {
  readonly one: <T>(all: readonly T[]) => T | undefined;
  readonly label: string;
  readonly service: Service;
}

const ownItems = (service: Service) => service.items.all().filter(({ type }) => type !== "SQLEndpoint");
const peoplesRoles = (service: Service) =>
  service.roles.all().filter(({ principalId }) => principalId !== known.deployer);

const edits: Readonly<Record<string, (chooser: Chooser) => Edit | undefined>> = {
  workspaceDescription: ({ one, label, service }) => {
    const workspace = one(service.workspaces.all());
    return workspace && changeOf("workspaces", workspace, { description: `theirs ${label}` });
  },
  workspaceName: ({ one, label, service }) => {
    const workspace = one(service.workspaces.all());
    return workspace && changeOf("workspaces", workspace, { displayName: `theirs ${label}` });
  },
  itemDescription: ({ one, label, service }) => {
    const item = one(ownItems(service));
    return item && changeOf("items", item, { description: `theirs ${label}` });
  },
  itemName: ({ one, label, service }) => {
    const item = one(ownItems(service));
    return item && changeOf("items", item, { displayName: theirNameOf(item.type, label) });
  },
  itemContent: ({ one, label, service }) => {
    const item = one(ownItems(service).filter(({ parts }) => parts !== undefined));
    return item && changeOf("items", item, { parts: itemParts(item.type, `theirs ${label}`) });
  },
  itemPlace: ({ one, service }) => {
    const item = one(ownItems(service).filter(({ folderId }) => folderId !== undefined));
    return item && changeOf("items", item, { folderId: undefined });
  },
  itemDeleted: ({ one, service }) => {
    const item = one(ownItems(service).filter(({ type }) => type !== "Lakehouse" && type !== "Warehouse"));
    return item && { what: `item ${item.displayName}: deleted`, collection: "items", id: item.id, is: null };
  },
  itemMade: ({ one, label, service }) => {
    const workspace = one(service.workspaces.all().filter(({ capacityId }) => capacityId !== undefined));
    if (!workspace) return undefined;
    const is = { workspaceId: workspace.id, type: "Notebook", displayName: `theirs ${label}`, description: "" };
    return { what: `item theirs ${label}: made`, collection: "items", id: randomUUID(), is, isNew: true };
  },
  folderName: ({ one, label, service }) => {
    const folder = one(service.folders.all());
    return folder && changeOf("folders", folder, { displayName: `theirs ${label}` });
  },
  role: ({ one, service }) => {
    const role = one(peoplesRoles(service));
    const other = one(allRoles.filter((name) => name !== role?.role));
    return role && changeOf("roles", role, { role: other });
  },
  roleTaken: ({ one, service }) => {
    const role = one(peoplesRoles(service));
    return role && { what: `role ${role.principalId}: taken away`, collection: "roles", id: role.id, is: null };
  },
  endpointApproved: ({ one, service }) => {
    const endpoint = one(service.managedPrivateEndpoints.all());
    return endpoint && changeOf("managedPrivateEndpoints", endpoint, { status: "Approved" });
  },
};

/** Changes of an object that is there. */
export function changeOf(collection: string, object: object, is: Values): Edit {
  const { id, displayName, principalId, name } = object as Readonly<Record<string, string>>;
  const title = displayName ?? principalId ?? name ?? id;
  return { what: `${collection} ${title}: ${JSON.stringify(is)}`, collection, id: String(id), is };
}

/** The name that somebody gives an item. The service makes no lakehouse with anything but letters, digits and _ in its name. */
export const theirNameOf = (type: string, label: string): string =>
  type === "Lakehouse" ? `theirs_${label}`.replaceAll(/\W/g, "_") : `theirs ${label}`;
