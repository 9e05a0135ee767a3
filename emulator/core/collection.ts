import type { Service } from "./service.ts";
import type { Collection, CollectionDeclaration, Stored } from "./store.ts";

/** A collection of a family: its declaration, and access to its objects. */
export interface DeclaredCollection<T extends Stored> extends CollectionDeclaration {
  /** The collection's objects in one emulator. */
  in(service: Service): Collection<T>;
}

/** Relations of a collection's objects to other objects, by the name of the other collection. */
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
  /** What the portal shows of an object beside its properties. @default nothing more */
  readonly shows?: (object: T, service: Service) => Readonly<Record<string, unknown>>;
}

/**
 * Declares a collection.
 * @param name its name in the store and in `GET /_emulator/state`. Stores of earlier versions contain this name
 */
export function collection<T extends Stored>(
  name: string,
  { ownedBy = {}, liesIn = {}, shows }: Ties<T> = {},
): DeclaredCollection<T> {
  const objects = (service: Service) => service.store.collection<T>(name);
  return {
    name,
    ownedBy,
    liesIn,
    in: objects,
    shows:
      shows &&
      ((id, service: Service) => {
        const object = objects(service).get(id);
        return object ? shows(object, service) : {};
      }),
  };
}

/** Removes an object, then recursively all objects that it owns. */
export function remove(service: Service, { name }: CollectionDeclaration, id: string): void {
  removeAll(service, name, new Set([id.toLowerCase()]));
}

function removeAll(service: Service, name: string, ids: ReadonlySet<string>): void {
  // removed first, so that a cycle of owners ends
  for (const id of ids) service.store.collection(name).delete(id);
  for (const other of service.collections) {
    const belonging = tiedTo(service, other, other.ownedBy[name], ids);
    if (belonging.length > 0) removeAll(service, other.name, new Set(belonging.map(({ id }) => id.toLowerCase())));
  }
}

/** Whether no object lies in a container. */
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
