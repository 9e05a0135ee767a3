/*
 * Temporary names: an object has one while another object takes its name, before it gets its own. A run may end in between, so
 * logs, states and the service may hold such names. Everything here is pure.
 */

/** Longest name that every kind of object may have, with room for the end of a temporary name. */
const BASE_LENGTH = 100;

/** A name that nobody else has, made of characters that every kind allows. @param id of the object's resource */
export const temporaryName = (name: string, id: string): string => `${name.slice(0, BASE_LENGTH)}${endOf(id)}`;

/** Whether an object has a temporary name: nobody but this project gives such a name. @param id of the object's resource */
export const isTemporaryName = (name: unknown, id: string): boolean =>
  typeof name === "string" && name.endsWith(endOf(id));

/** The object's own id, in short. The service may spell ids in capitals. */
const endOf = (id: string) => `_${(id.split("/").at(-1) ?? id).toLowerCase().replaceAll("-", "").slice(0, 8)}`;
