import { isDeepStrictEqual } from "node:util";
import { objectKey, outcomeOf } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { madeId } from "./madeBy.ts";

/* What a transaction did to the values of an object, and what of it is to be taken back. Everything here is pure. */

/** Values of an object by their names. Null and absent mean the same: that the object has none. */
export type Values = Readonly<Record<string, unknown>>;

/** What a transaction wrote, or may have written, to an object that existed before. */
export interface Written {
  /** Kind of the resource. */
  readonly resourceType: string;
  /** As the stack had it. */
  readonly resourceId: string;
  readonly resourceName: string;
  /** The values that the first write found. */
  readonly before: Values;
  /** Values that a write made, or may have made, of each property, oldest first. */
  readonly after: Readonly<Record<string, readonly unknown[]>>;
  /** Whether the object was deleted, or may have been. */
  readonly isDeleted: boolean;
}

/**
 * What a transaction wrote to objects, those included that it had made before. Writes that were refused changed nothing, and logs of earlier
 * versions do not say what there was before: their objects are not among these.
 */
export function writtenBy(log: readonly Entry[]): Written[] {
  const objects = new Map<string, Written>();
  for (const entry of log) {
    if (entry.kind !== "intent" || entry.resourceId === undefined || outcomeOf(log, entry.step) === "refused") continue;
    const { operation, resourceType, resourceId, resourceName, before, after = {} } = entry;
    const key = objectKey(resourceType, resourceId);
    const known =
      objects.get(key) ?? (before && { resourceType, resourceId, resourceName, before, after: {}, isDeleted: false });
    if (!known) continue;
    const all = { ...known.after };
    for (const [name, value] of Object.entries(after)) all[name] = [...(all[name] ?? []), value];
    // the first value of a property counts
    const found = { ...before, ...known.before };
    objects.set(key, { ...known, before: found, after: all, isDeleted: known.isDeleted || operation === "delete" });
  }
  return [...objects.values()];
}

/** What a transaction wrote to one object; undefined if it wrote nothing, or its log does not say what there was before. */
export const writtenTo = (log: readonly Entry[], resourceType: string, resourceId: string): Written | undefined =>
  writtenBy(log).find((one) => objectKey(one.resourceType, one.resourceId) === objectKey(resourceType, resourceId));

/**
 * Whether a transaction has made an object or has written to it, as far as its log cannot say that it did not: a log of an
 * earlier version may lack the id, and an intent without an answer does.
 */
export function mayHaveWritten(log: readonly Entry[], resourceType: string, resourceId: string): boolean {
  return log.some((entry) => {
    if (entry.kind !== "intent" || entry.resourceType !== resourceType) return false;
    const id = entry.resourceId ?? madeId(log, entry);
    const isIt = id === undefined || objectKey(resourceType, id) === objectKey(resourceType, resourceId);
    return isIt && outcomeOf(log, entry.step) !== "refused";
  });
}

/** What is to become of the values of an object in a rollback. */
export interface GivenBack {
  /** The values that the object is to have. */
  readonly values: Values;
  /** Properties that somebody else has changed since: they stay. */
  readonly kept: readonly string[];
}

/**
 * What to give an object back, property by property: what still has a value that the transaction wrote, or that its rollback
 * has restored, gets the value from before; any other value is somebody's later edit, and stays.
 * @param live the values that the object has now
 * @param restored the values that the engine gives it in the rollback
 */
export function valuesToGiveBack(
  live: Values,
  { before, after }: Pick<Written, "before" | "after">,
  restored: Values = {},
): GivenBack {
  const kept: string[] = [];
  const values = Object.entries(before).map(([name, had]) => {
    const is = live[name] ?? null;
    const ours = [had, ...(after[name] ?? []), ...(name in restored ? [restored[name]] : [])];
    if (ours.some((value) => isDeepStrictEqual(value ?? null, is))) return [name, had ?? undefined];
    kept.push(name);
    return [name, is ?? undefined];
  });
  return { values: Object.fromEntries(values) as Values, kept };
}

/** Values as a log holds them: what is absent is null there, so that it is not taken for unknown. */
export const inLog = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null]));
