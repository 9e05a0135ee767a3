import { z } from "zod";
import { collection } from "../core/collection.ts";
import { defineFamily } from "../core/family.ts";
import { route, within } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, requiredText, sameName, ServiceError } from "../core/service.ts";
import type { Call, Reply, Service } from "../core/service.ts";
import type { Stored } from "../core/store.ts";
import { isObject, textIn } from "../definitions/definition.ts";
import { item } from "./items.ts";
import { items } from "./itemStore.ts";
import type { Item } from "./itemStore.ts";
import type { Role } from "./workspaces.ts";

interface Shortcut extends Stored {
  readonly itemId: string;
  /** Folder of the shortcut: `Files`, `Tables/dbo`. */
  readonly path: string;
  readonly name: string;
  readonly target: Readonly<Record<string, unknown>>;
}

/** A folder of data that exists although the emulator has no data. Its id is `{itemId}/{path}`. */
interface OneLakePath extends Stored {
  readonly itemId: string;
  readonly path: string;
}

const shortcuts = collection<Shortcut>("shortcuts", { ownedBy: { items: "itemId" } });
/** Folders that shortcuts can point to, besides the empty `Files` and `Tables` of each item. */
const oneLakePaths = collection<OneLakePath>("oneLakePaths", { ownedBy: { items: "itemId" } });

const trimmed = (path: string) => path.replace(/^\/+|\/+$/g, "");
const idOf = (itemId: string, path: string, name: string) => `${itemId}/${path}/${name}`;

/** The shortcut of a path: its folder, which may have several levels, then its name. */
const shortcut = (atLeast: Role): Guard<Shortcut> =>
  within(item(atLeast), "/shortcuts/{shortcutPathAndName...}", ({ id }, path, _call, service) => {
    const found = shortcuts.in(service).get(`${id}/${trimmed(path)}`);
    if (!found) throw notFound("shortcut");
    return found;
  });

/** Shortcuts of items to data elsewhere. */
export const shortcutFamily = defineFamily({
  name: "shortcuts",
  collections: { shortcuts, oneLakePaths },
  routes: [
    route("GET", item("Viewer"), "/shortcuts", ({ id, workspaceId }, call, service) => {
      const parent = call.query.get("parentPath");
      const own = shortcutsOf(service, id).filter(({ path }) => !parent || isBelow(path, trimmed(parent)));
      return page(call, service, own.map(shown), `/workspaces/${workspaceId}/items/${id}/shortcuts`);
    }),
    route("POST", item("Contributor"), "/shortcuts", create),
    route("GET", shortcut("Viewer"), "", (one) => ok(shown(one))),
    route("DELETE", shortcut("Contributor"), "", ({ id }, _call, service) => {
      shortcuts.in(service).delete(id);
      return ok();
    }),
  ],
  seed: {
    oneLakePaths: z.array(z.looseObject({ itemId: z.string(), path: z.string() })).default([]),
  },
  populate(service, seed) {
    for (const { itemId, path } of seed.oneLakePaths)
      oneLakePaths.in(service).put({ id: `${itemId}/${trimmed(path)}`, itemId, path: trimmed(path) });
  },
});

function create({ id: itemId, workspaceId }: Item, call: Call, service: Service): Reply {
  const path = trimmed(requiredText(call.body, "path", 1000));
  const name = requiredText(call.body, "name", 200);
  const { target } = call.body;
  if (!isObject(target)) throw badRequest("The target field is required.");
  const [[kind, details] = [], ...others] = Object.entries(target).filter(([, value]) => isObject(value));
  if (kind === undefined || others.length > 0) throw badRequest("The target must have exactly one kind.");
  if (kind === "oneLake" && !isThere(service, details as Record<string, unknown>))
    throw badRequest("Target path doesn't exist");
  const policy = call.query.get("shortcutConflictPolicy") ?? "Abort";
  const existing = shortcuts.in(service).get(idOf(itemId, path, name));
  if (existing && sameName(policy, "Abort")) throw conflict(path, name);
  const finalName = existing && sameName(policy, "GenerateUniqueName") ? free(service, itemId, path, name) : name;
  const made = shortcuts.in(service).put({
    id: idOf(itemId, path, finalName),
    itemId,
    path,
    name: finalName,
    target: { type: kind.charAt(0).toUpperCase() + kind.slice(1), [kind]: details },
  });
  const location = `https://api.fabric.microsoft.com/v1/workspaces/${workspaceId}/items/${itemId}/shortcuts/${path}/${finalName}`;
  return existing && finalName === name ? ok(shown(made)) : created(shown(made), { Location: location });
}

/**
 * Whether the target of a shortcut within OneLake exists. A new item has only its empty roots: the service refused folders and
 * tables below them (recorded).
 */
function isThere(service: Service, { itemId, path }: Readonly<Record<string, unknown>>): boolean {
  const target = items.in(service).get(textIn(itemId));
  if (!target) return false;
  const wanted = trimmed(textIn(path));
  const known = [
    "Files",
    "Tables",
    ...shortcutsOf(service, target.id).map((one) => `${one.path}/${one.name}`),
    ...oneLakePaths
      .in(service)
      .all()
      .filter(({ itemId: owner }) => sameName(owner, target.id))
      .map((one) => one.path),
  ];
  // a folder exists if something lies in it
  return known.some((one) => isBelow(one, wanted));
}

const isBelow = (path: string, folder: string) => `${path}/`.toLowerCase().startsWith(`${folder}/`.toLowerCase());

/** The default policy. A public account of a live tenant has the code, with the service's spelling of the detail. */
const conflict = (path: string, name: string) =>
  new ServiceError(409, "EntityConflict", `A shortcut ${path}/${name} exists already.`, {
    moreDetails: [{ errorCode: "ShorcutsOperationNotAllowed", message: "The shortcut exists already." }],
  });

function free(service: Service, itemId: string, path: string, name: string): string {
  for (let number = 1; ; number++) {
    const next = `${name}_${number}`;
    if (!shortcuts.in(service).get(idOf(itemId, path, next))) return next;
  }
}

const shortcutsOf = (service: Service, itemId: string) =>
  shortcuts
    .in(service)
    .all()
    .filter((one) => sameName(one.itemId, itemId));

const shown = ({ path, name, target }: Shortcut) => ({ path, name, target });
