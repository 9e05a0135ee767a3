import type { Service } from "./service.ts";
import type { Collection, CollectionDeclaration, Stored } from "./store.ts";

/** A collection of a family: what the machinery knows of it, and the way to its objects. */
export interface DeclaredCollection<T extends Stored> extends CollectionDeclaration {
  /** Its objects in one emulator. */
  in(service: Service): Collection<T>;
}

/** How the objects of a collection hang together with others, by the name of the others' collection. */
export interface Ties<T extends Stored> {
  /**
   * Property that holds the id of the owner; objects are deleted with their owner.
   * @example { workspaces: "workspaceId" }
   */
  readonly ownedBy?: Readonly<Record<string, keyof T & string>>;
  /**
   * Property that holds the id of a container, which counts as not empty while something lies in it.
   * @example { folders: "folderId" }
   */
  readonly liesIn?: Readonly<Record<string, keyof T & string>>;
}

/**
 * Declares a collection.
 * @param name what the store and `GET /_emulator/state` call it; stores of earlier versions know it by this name
 */
export function collection<T extends Stored>(
  name: string,
  { ownedBy = {}, liesIn = {} }: Ties<T> = {},
): DeclaredCollection<T> {
  return { name, ownedBy, liesIn, in: (service) => service.store.collection<T>(name) };
}

/** Removes an object and, one after the other, everything that says it belongs to what was removed. */
export function remove(service: Service, { name }: CollectionDeclaration, id: string): void {
  removeAll(service, name, new Set([id.toLowerCase()]));
}

function removeAll(service: Service, name: string, ids: ReadonlySet<string>): void {
  // first, so that objects that own one another are not met again
  for (const id of ids) service.store.collection(name).delete(id);
  for (const other of service.collections) {
    const belonging = tiedTo(service, other, other.ownedBy[name], ids);
    if (belonging.length > 0) removeAll(service, other.name, new Set(belonging.map(({ id }) => id.toLowerCase())));
  }
}

/** Whether nothing says that it lies in an object. */
export function isEmpty(service: Service, { name }: CollectionDeclaration, id: string): boolean {
  const ids = new Set([id.toLowerCase()]);
  return service.collections.every((other) => tiedTo(service, other, other.liesIn[name], ids).length === 0);
}

function tiedTo(
  service: Service,
  { name }: CollectionDeclaration,
  property: string | undefined,
  ids: ReadonlySet<string>,
): Stored[] {
  if (property === undefined) return [];
  return service.store
    .collection(name)
    .all()
    .filter((object) => ids.has(String(Reflect.get(object, property)).toLowerCase()));
}
