import { isDeepStrictEqual } from "node:util";
import { objectKey, outcomeOf, outcomesIn } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { madeId } from "./madeBy.ts";
import { isTemporaryName } from "./temporaryName.ts";

/* The changes of a transaction to an object's values, and which of them a rollback must undo. Everything here is pure. */

/** Values of an object by name. Null and absent mean the same: the object has no such value. */
export type Values = Readonly<Record<string, unknown>>;

/** The writes, certain or possible, of a transaction to an object that existed before. */
export interface Written {
  /** Kind of the resource. */
  readonly resourceType: string;
  /** Id of the resource before the transaction. */
  readonly resourceId: string;
  readonly resourceName: string;
  /** The values to go back to: what the first write found, or what somebody has set between two writes. */
  readonly before: Values;
  /** Values that writes gave, or may have given, to each property, oldest first. */
  readonly after: Readonly<Record<string, readonly unknown[]>>;
  /** Whether the object was deleted, or may have been. */
  readonly isDeleted: boolean;
}

/**
 * The writes of a transaction to objects, including those that it made itself. Refused writes changed nothing, and logs of
 * earlier versions lack the former values: both are left out.
 */
export function writtenBy(log: readonly Entry[]): Written[] {
  const objects = new Map<string, Written>();
  const outcome = outcomesIn(log);
  for (const entry of log) {
    if (entry.kind !== "intent" || entry.resourceId === undefined || outcome(entry.step) === "refused") continue;
    const { operation, resourceType, resourceId, resourceName, before, after = {} } = entry;
    const key = objectKey(resourceType, resourceId);
    const known =
      objects.get(key) ?? (before && { resourceType, resourceId, resourceName, before, after: {}, isDeleted: false });
    if (!known) continue;
    const found = { ...known.before };
    const all = { ...known.after };
    for (const [name, value] of Object.entries(before ?? {})) {
      // the first value counts, but for one that somebody has set after this transaction's own write
      const isKnown = () => [found[name], ...(all[name] ?? [])].some((own) => isAlike(own, value));
      // a rollback that was cut off may have given a temporary name
      const isForeign = name in found && !isTemporaryName(value, resourceId) && !isKnown();
      if (isForeign) all[name] = [];
      if (isForeign || !(name in found)) found[name] = value;
    }
    for (const [name, value] of Object.entries(after)) all[name] = [...(all[name] ?? []), value];
    objects.set(key, { ...known, before: found, after: all, isDeleted: known.isDeleted || operation === "delete" });
  }
  return [...objects.values()];
}

/** Whether two values are the same, perhaps as the service spells them. */
function isAlike(one: unknown, other: unknown): boolean {
  const spelt = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value ?? null), (_name, inner: unknown) =>
      typeof inner === "string" ? inner.trim().toLowerCase() : inner,
    );
  return isDeepStrictEqual(spelt(one), spelt(other));
}

/** The writes of a transaction to one object; undefined if there were none, or the log lacks the former values. */
export const writtenTo = (log: readonly Entry[], resourceType: string, resourceId: string): Written | undefined =>
  writtenBy(log).find((one) => objectKey(one.resourceType, one.resourceId) === objectKey(resourceType, resourceId));

/**
 * Whether a transaction may have made an object or written to it. The answer is no only if the log excludes it: an intent without
 * an answer has no id. A create of such an intent may have made the object only if its names are in the object's id, as a
 * principal is in the id of a role: the service's own ids are new.
 */
export function mayHaveWritten(log: readonly Entry[], resourceType: string, resourceId: string): boolean {
  return log.some((entry) => {
    if (entry.kind !== "intent" || entry.resourceType !== resourceType) return false;
    const id = entry.resourceId ?? madeId(log, entry);
    const isIt =
      id === undefined
        ? isOfNames(resourceId, entry.names ?? entry.compensation?.args ?? {})
        : objectKey(resourceType, id) === objectKey(resourceType, resourceId);
    return isIt && outcomeOf(log, entry.step) !== "refused";
  });
}

/** Whether an id has nothing but names in it. */
function isOfNames(resourceId: string, names: Values): boolean {
  const known = new Set(Object.values(names).map((name) => String(name).toLowerCase()));
  return resourceId.split("/").every((part) => known.has(part.toLowerCase()));
}

/** The result of a rollback for the values of an object. */
export interface GivenBack {
  /** The values that the object must have. */
  readonly values: Values;
  /** Properties that were edited after the transaction: they stay. */
  readonly kept: readonly string[];
}

/**
 * Decides property by property what an object gets back. If the live value is one that the transaction wrote, or that its
 * rollback restored, the property gets its former value. Any other live value is a later edit, and stays.
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

/** Values as a log holds them: an absent value is null there, so that it differs from an unknown one. */
export const inLog = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null]));
