import { sameName } from "../core/service.ts";
import type { Item } from "./itemStore.ts";

/** An item that the service makes together with another, under the same name. */
type Companion = Pick<Item, "type" | "displayName" | "description" | "folderId">;

const sqlEndpoint = ({ displayName }: Item): Companion[] => [{ type: "SQLEndpoint", displayName, description: "" }];

/**
 * What the service makes with an item, by its type. Recorded: a SQL endpoint with lakehouses, mirrored databases and SQL
 * databases, and a database with an eventhouse that was made without a definition. With a definition, there is none.
 */
const companions: Readonly<Record<string, (item: Item) => Companion[]>> = {
  Lakehouse: sqlEndpoint,
  MirroredDatabase: sqlEndpoint,
  SQLDatabase: sqlEndpoint,
  Eventhouse: ({ displayName, folderId, parts }) =>
    parts ? [] : [{ type: "KQLDatabase", displayName, description: displayName, ...(folderId && { folderId }) }],
};

/**
 * The items that the service makes with an item.
 * @param others items of the workspace. No source says what the service does if one of them has the name of a companion; the
 * emulator makes none then
 */
export const companionsOf = (item: Item, others: readonly Item[]): Companion[] =>
  (companions[item.type]?.(item) ?? []).filter(
    (companion) =>
      !others.some((other) => other.type === companion.type && sameName(other.displayName, companion.displayName)),
  );
