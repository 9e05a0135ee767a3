import type { DeclaredCollection } from "./collection.ts";
import type { Call, Reply, Route, Service, ServiceError } from "./service.ts";
import type { Stored } from "./store.ts";

/*
 * A guard runs before the handlers of the routes below its path, and finds the object that the path names. If the object does
 * not exist, or the caller has no right to it, the guard refuses with the service's code. A route cannot have a parameter that
 * no guard resolves.
 */

/** Finds the object that a path names. */
export interface Guard<T> {
  /** `/workspaces/{workspaceId}` */
  readonly template: string;
  /** Name of the found object's collection; undefined if it belongs to none. */
  readonly collection?: string | undefined;
  /** @throws ServiceError if there is no such object, or the caller has no right to it */
  find(call: Call, service: Service): T;
}

/** The tenant, which holds all top-level objects. Every caller may pass. */
export const tenant: Guard<undefined> = { template: "", find: () => undefined };

/**
 * A guard that finds an object with a function.
 * @param path path below the parent's, with one parameter: `/users/{user}`, or `/files/{path...}` for one with slashes
 * @param find receives the parent's object and the parameter; throws the refusal
 * @throws Error if the path has not exactly one parameter
 */
export function within<P, T>(
  parent: Guard<P>,
  path: string,
  find: (above: P, id: string, call: Call, service: Service) => T,
): Guard<T> {
  const [parameter, ...more] = [...path.matchAll(/\{(.+?)\}/g)].map(([, name = ""]) => name);
  if (parameter === undefined || more.length > 0) throw new Error(`A guard resolves one parameter, unlike ${path}.`);
  const name = parameter.replace(/\.{3}$/, "");
  return {
    template: parent.template + path,
    find: (call, service) => find(parent.find(call, service), call.params[name] ?? "", call, service),
  };
}

/**
 * A guard that finds an object of a collection by the id in the path. The object must belong to the parent's object.
 * @param refusal the answer if there is no such object
 * @throws Error if the collection does not declare how its objects belong to the parent's
 */
export function member<T extends Stored>(
  parent: Guard<Stored | undefined>,
  path: string,
  collection: DeclaredCollection<T>,
  refusal: (id: string) => ServiceError,
): Guard<T> {
  const above = parent.collection;
  const owner = above === undefined ? undefined : collection.ownedBy[above];
  if (above !== undefined && owner === undefined)
    throw new Error(
      `${collection.name} do not say by what they belong to ${above} (ownedBy), but lie below them in ${path}.`,
    );
  const guard = within(parent, path, (owning, id, _call, service) => {
    const object = collection.in(service).get(id);
    if (!object || (owner !== undefined && Reflect.get(object, owner) !== owning?.id)) throw refusal(id);
    return object;
  });
  return { ...guard, collection: collection.name };
}

/** A guard with a further check of the found object. The check throws the refusal. */
export function checked<T>(guard: Guard<T>, check: (found: T, call: Call, service: Service) => void): Guard<T> {
  return {
    ...guard,
    find(call, service) {
      const found = guard.find(call, service);
      check(found, call, service);
      return found;
    },
  };
}

/** A guard that derives another object from the found one, such as the only connection of a workspace. */
export function derived<P, T>(guard: Guard<P>, find: (found: P, call: Call, service: Service) => T): Guard<T> {
  return { template: guard.template, find: (call, service) => find(guard.find(call, service), call, service) };
}

/**
 * A route behind a guard.
 * @param path path below the guard's, without parameters
 * @throws Error if the path has a parameter, because nothing would resolve it
 */
export function route<T>(
  method: Route["method"],
  guard: Guard<T>,
  path: string,
  handler: (found: T, call: Call, service: Service) => Reply,
): Route {
  const template = guard.template + path;
  if (path.includes("{")) throw new Error(`${method} ${template}: a parameter needs a guard that resolves it.`);
  return { method, template, handler: (call, service) => handler(guard.find(call, service), call, service) };
}
