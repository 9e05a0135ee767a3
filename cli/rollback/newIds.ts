import { liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** New ids of objects that a rollback made anew, by their old ids. Ids of several parts are mapped part by part. Pure. */
export function newIdsBetween(saved: Checkpoint, current: Checkpoint): ReadonlyMap<string, string> {
  const now = new Map(liveResourcesOf(current).map(({ urn, id }) => [urn, id]));
  const newIds = new Map<string, string>();
  for (const { urn, id } of liveResourcesOf(saved)) {
    const fresh = now.get(urn)?.split("/") ?? [];
    id?.split("/").forEach((old, part) => {
      const other = fresh[part];
      if (other !== undefined && other !== old) newIds.set(old, other);
    });
  }
  return newIds;
}

/** A value with old ids replaced by new ones, at any depth. */
export function withNewIds(value: unknown, newIds: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return newIds.get(value) ?? value;
  if (Array.isArray(value)) return value.map((entry) => withNewIds(entry, newIds));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withNewIds(entry, newIds)]));
}
