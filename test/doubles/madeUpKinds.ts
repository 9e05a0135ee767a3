import { randomUUID } from "node:crypto";
import { z } from "zod";
import { collection, remove } from "../../emulator/core/collection.ts";
import type { DeclaredCollection } from "../../emulator/core/collection.ts";
import { defineFamily } from "../../emulator/core/family.ts";
import { member, route, tenant } from "../../emulator/core/guard.ts";
import type { Guard } from "../../emulator/core/guard.ts";
import { created, ok, page, requiredText, sameName, ServiceError } from "../../emulator/core/service.ts";
import type { Route } from "../../emulator/core/service.ts";
import type { Stored } from "../../emulator/core/store.ts";
import { items } from "../../emulator/families/items.ts";
import { workspace } from "../../emulator/families/workspaces.ts";
import { optional } from "../../lib/api/answer.ts";
import { idShape } from "../../lib/api/objects.ts";
import { text } from "../../lib/config/value.ts";
import { listEntry } from "../../providers/engine/entry.ts";
import { identifier, sameIgnoringCase } from "../../providers/engine/field.ts";
import { restKind } from "../../providers/engine/restKind.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";

/*
 * Kinds that the service does not have, one for each place that a table of routes can name: in the tenant, in a workspace and in
 * an item. Their fields are of every sort: with a default, optional, of a few values, and named. Nothing tells them from a kind
 * that is declared tomorrow.
 */

interface Thing extends Stored {
  readonly name: string;
  readonly text: string;
  readonly colour?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly workspaceId?: string;
  readonly itemId?: string;
}

const labels = collection<Thing>("labels");
const stickers = collection<Thing>("stickers", { ownedBy: { workspaces: "workspaceId" } });
const notes = collection<Thing>("notes", { ownedBy: { workspaces: "workspaceId", items: "itemId" } });

const shown = ({ workspaceId: _workspaceId, itemId: _itemId, ...thing }: Thing) => thing;

/** The routes of a list of things, as the service's are: a second one of a name is refused, null unsets a value. */
function routesOf<P extends Stored | undefined>(
  parent: Guard<P>,
  things: DeclaredCollection<Thing>,
  holderOf: (found: P) => Pick<Thing, "workspaceId" | "itemId">,
): Route[] {
  const path = `/${things.name}`;
  const own = member(
    parent as Guard<Stored | undefined>,
    `${path}/{thingId}`,
    things,
    () => new ServiceError(404, "EntityNotFound", "There is no such thing"),
  );
  const isBeside = (thing: Thing, holder: object) =>
    Object.entries(holder).every(([key, id]) => Reflect.get(thing, key) === id);
  const valuesIn = (body: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      ["name", "text", "colour", "tags"].flatMap((key) =>
        body[key] === undefined ? [] : [[key, body[key] === null ? undefined : body[key]]],
      ),
    ) as Partial<Thing>;
  return [
    route("GET", parent, path, (found, call, service) => {
      const beside = things
        .in(service)
        .all()
        .filter((thing) => isBeside(thing, holderOf(found)));
      return page(call, service, beside.map(shown), parent.template + path);
    }),
    route("POST", parent, path, (found, call, service) => {
      const name = requiredText(call.body, "name", 40);
      const all = things.in(service).all();
      if (all.some((thing) => isBeside(thing, holderOf(found)) && sameName(thing.name, name)))
        throw new ServiceError(409, "ThingNameInUse", "The name is in use");
      return created(
        shown(things.in(service).put({ id: randomUUID(), text: "", ...valuesIn(call.body), ...holderOf(found), name })),
      );
    }),
    route("GET", own, "", (thing) => ok(shown(thing))),
    route("PATCH", own, "", ({ id }, call, service) => ok(shown(things.in(service).change(id, valuesIn(call.body))))),
    route("DELETE", own, "", ({ id }, _call, service) => {
      remove(service, things, id);
      return ok();
    }),
  ];
}

const item = member(
  workspace("Viewer"),
  "/items/{itemId}",
  items,
  () => new ServiceError(404, "EntityNotFound", "There is no such item"),
);

/** What the service says of the kinds made up here. */
export const madeUpFamily = defineFamily({
  name: "madeUp",
  collections: { labels, stickers, notes },
  routes: [
    ...routesOf(tenant, labels, () => ({})),
    ...routesOf(workspace("Contributor"), stickers, ({ id }) => ({ workspaceId: id })),
    ...routesOf(item, notes, ({ id, workspaceId }) => ({ workspaceId, itemId: id })),
  ],
});

const fields = {
  name: { schema: text(40), change: "update", same: sameIgnoringCase },
  text: { schema: z.string().max(100).default(""), change: "update" },
  colour: { schema: z.enum(["red", "green"]).optional(), change: "update" },
  tags: { schema: z.array(text(20)).optional(), change: "update" },
} as const;
const holder = { schema: identifier, change: "replace", same: sameIgnoringCase } as const;
const adopt = { schema: z.boolean().default(false), change: "local" } as const;
const shape = z.object({
  id: idShape,
  name: z.string(),
  text: optional(z.string()),
  colour: optional(z.string()),
  tags: optional(z.array(z.string())),
});
const entryIn = (where: "stack" | "workspace", key: string) =>
  listEntry({
    in: where,
    key,
    says: "Things.",
    keys: { text: fields.text.schema, colour: fields.colour.schema, tags: fields.tags.schema },
    example: [{ name: "first", text: "one", colour: "red", tags: ["a", "b"] }],
  });
const common = { named: ["name"], shape, outputs: [] } as const;

/** Kinds of that family, by how they would be called in the list of all. */
export const madeUpKinds: Readonly<Record<string, ResourceKind>> = {
  label: restKind({
    ...common,
    name: "Label",
    noun: "label",
    place: { in: "tenant", collection: "labels" },
    fields: { ...fields, adopt },
    taken: "ThingNameInUse",
    entry: entryIn("stack", "labels"),
  }),
  sticker: restKind({
    ...common,
    name: "Sticker",
    noun: "sticker",
    place: { in: "workspace", collection: "stickers" },
    fields: { workspaceId: holder, ...fields },
    taken: "ThingNameInUse",
    isMadeInTurn: true,
    entry: entryIn("workspace", "stickers"),
  }),
  note: restKind({
    ...common,
    name: "Note",
    noun: "note",
    place: { in: "item", collection: "notes" },
    fields: { workspaceId: holder, itemId: holder, ...fields },
    entry: entryIn("workspace", "notes"),
  }),
};
