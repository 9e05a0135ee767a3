import { badRequest, ServiceError } from "../core/service.ts";
import { isObject, objectOf, textIn } from "../definitions/definition.ts";
import type { Item } from "./itemStore.ts";

type Properties = Readonly<Record<string, unknown>>;

/** The value set of every variable library; it is active until another one is. */
export const DEFAULT_SET = "Default value set";

/** Names of a variable library's value sets: the default one, and one for each part below `valueSets/`. */
export const valueSetsOf = ({ parts = [] }: Item): string[] => [
  DEFAULT_SET,
  ...parts
    .filter(({ path }) => /^valueSets\/[^/]+\.json$/.test(path))
    .map((part) => {
      const { name } = objectOf(part) ?? {};
      return typeof name === "string" ? name : part.path.slice("valueSets/".length, -".json".length);
    }),
];

/**
 * The active value set must be one of the library.
 * @see https://learn.microsoft.com/rest/api/fabric/variablelibrary/items/update-variable-library (the code InvalidRequest)
 */
function activeValueSet(item: Item, { activeValueSetName: name }: Properties): Properties {
  if (name === undefined) return {};
  if (typeof name === "string" && valueSetsOf(item).includes(name)) return { activeValueSetName: name };
  throw new ServiceError(400, "InvalidRequest", `The variable library has no value set '${textIn(name)}'.`);
}

/** Properties that a PATCH of an item can set, by type. The service ignores the others. */
const settable: Readonly<Record<string, (item: Item, properties: Properties) => Properties>> = {
  VariableLibrary: activeValueSet,
};

/**
 * The properties of an item after a PATCH; undefined if it sets none.
 * @throws ServiceError 400 if the service refuses a value
 */
export function changedProperties(item: Item, properties: unknown): Record<string, unknown> | undefined {
  const set = settable[item.type];
  if (!set || properties === undefined || properties === null) return undefined;
  if (!isObject(properties)) throw badRequest("The properties must be an object.");
  return { ...item.properties, ...set(item, properties) };
}

/** The answer to a PATCH. For types with settable properties, it names the class of the properties, as recorded. */
export function patchedProperties<T extends { readonly type: string; readonly properties?: Properties }>(shown: T): T {
  if (!settable[shown.type] || !shown.properties) return shown;
  return { ...shown, properties: { $type: `${shown.type}Properties`, ...shown.properties } };
}
