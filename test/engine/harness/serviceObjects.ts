import { defaultParts } from "../../../emulator/families/itemDefinition.ts";
import { DEFAULT_SET } from "../../../emulator/families/itemSettings.ts";
import type { EngineStack } from "./engineStack.ts";

/*
 * What the service has, object by object, so that two moments can be compared: what is different, and in which object. What was
 * made again between them counts as the object that it stands for, by its name and its place.
 */

/** Everything that an emulator stores, by collection: the objects as they are. */
export type Stored = Readonly<Record<string, readonly object[]>>;
/** Objects as text, by collection and id: `items 3f…`. */
type Objects = ReadonlyMap<string, string>;

type Values = Readonly<Record<string, unknown>>;

/** Collections that are history, not condition. */
const HISTORY = ["operations", "reservations", "recoverableItems"];
/** Fields that tell a time, or how far a read has come, or an id that Git gives. */
const PASSING = ["syncedAt", "assignmentReads", "logicalId", "readyAt", "publish"];

/** What an emulator stores at this moment. */
export const storedIn = ({ emulator }: Pick<EngineStack, "emulator">): Stored =>
  structuredClone(emulator.service.store.snapshot());

/** An object that is not as it was. */
export interface Changed {
  /** Collection and id, as they were before if it was there: `items 3f…`. */
  readonly key: string;
  /** As it was; undefined if it was not there. */
  readonly before: string | undefined;
  /** As it is; undefined if it is gone. */
  readonly after: string | undefined;
}

/** What is different between two moments. */
export interface Comparison {
  readonly changed: readonly Changed[];
  /** Ids of what was made again, by the ids that they have now. */
  readonly formerIds: ReadonlyMap<string, string>;
}

/** Compares two moments of a service. */
export function compared(before: Stored, after: Stored): Comparison {
  const formerIds = formerIdsOf(before, after);
  const [was, is] = [objectsOf(before, new Map()), objectsOf(after, formerIds)];
  const keys = [...new Set([...was.keys(), ...is.keys()])];
  const changed = keys
    .map((key): Changed => ({ key, before: was.get(key), after: is.get(key) }))
    .filter((one) => one.before !== one.after);
  return { changed, formerIds };
}

function objectsOf(stored: Stored, formerIds: ReadonlyMap<string, string>): Objects {
  const collections = Object.entries(stored).filter(([name]) => !HISTORY.includes(name));
  const items = new Set((stored["items"] ?? []).map((item) => (item as Values)["id"]));
  const conditions: Readonly<Record<string, (object: Values) => Values>> = {
    items: withContent,
    gitConnections: (connection) => withSynced(connection, items),
  };
  return new Map(
    collections.flatMap(([name, objects]) =>
      objects.map((object): [string, string] => {
        const text = [...formerIds].reduce(
          (renamed, [now, former]) => renamed.replaceAll(now, former),
          JSON.stringify(conditions[name]?.(object as Values) ?? object, conditionOf),
        );
        return [`${name} ${String((JSON.parse(text) as Values)["id"])}`, text];
      }),
    ),
  );
}

/** An item that was made without a definition has one all the same, and a library a value set, which the emulator does not store. */
const withContent = (item: Values): Values => ({
  ...item,
  parts: item["parts"] ?? defaultParts({ type: String(item["type"]) }),
  ...(item["type"] === "VariableLibrary" && { properties: item["properties"] ?? { activeValueSetName: DEFAULT_SET } }),
});

/** Of an item that Git has synced and the workspace lacks, Git only says that it is deleted, whatever its id was. */
const withSynced = (connection: Values, items: ReadonlySet<unknown>): Values => ({
  ...connection,
  synced: ((connection["synced"] ?? []) as readonly Values[]).map((one) =>
    items.has(one["objectId"]) ? one : { ...one, objectId: "deleted" },
  ),
});

function conditionOf(key: string, value: unknown): unknown {
  if (PASSING.includes(key)) return undefined;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    // an object that was changed has its keys in another order than one that was made
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  }
  if (key !== "parts" || !Array.isArray(value)) return value;
  // the service writes this part itself
  return (
    (value as { path: string; payload: string }[])
      .filter(({ path }) => path !== ".platform")
      // as text, so that the ids in it can be compared
      .map(({ path, payload }) => ({ path, text: Buffer.from(payload, "base64").toString() }))
      .sort((left, right) => (left.path < right.path ? -1 : 1))
  );
}

/** Collections whose objects have ids of their own, owners first, with what names an object besides its owner. */
const NAMED: readonly (readonly [string, (object: Values) => unknown])[] = [
  ["workspaces", ({ displayName }) => displayName],
  ["folders", ({ displayName, parentFolderId }) => [displayName, parentFolderId ?? null]],
  ["items", ({ type, displayName }) => [type, displayName]],
  ["managedPrivateEndpoints", ({ name }) => name],
];

function formerIdsOf(before: Stored, after: Stored): ReadonlyMap<string, string> {
  const former = new Map<string, string>();
  const idNow = (id: unknown) => former.get(String(id)) ?? id;
  for (const [name, namesOf] of NAMED) {
    const was = (before[name] ?? []) as Values[];
    const is = (after[name] ?? []) as Values[];
    const keyOf = (object: Values) =>
      JSON.stringify([
        idNow(object["workspaceId"]),
        namesOf({ ...object, ...("parentFolderId" in object && { parentFolderId: idNow(object["parentFolderId"]) }) }),
      ]).toLowerCase();
    const gone = was.filter(({ id }) => !is.some((now) => now["id"] === id));
    // parents are made before what is in them
    for (const object of is) {
      if (was.some(({ id }) => id === object["id"])) continue;
      const same = gone.find((one) => keyOf(one) === keyOf(object));
      if (same) former.set(String(object["id"]), String(same["id"]));
    }
  }
  return former;
}
