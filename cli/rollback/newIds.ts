import { liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** Ids of what a rollback made anew, by the ids that the objects had. Ids of two and more parts count part by part. Pure. */
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

/** A value with new ids in the place of old ones, at any depth. */
export function withNewIds(value: unknown, newIds: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return newIds.get(value) ?? value;
  if (Array.isArray(value)) return value.map((entry) => withNewIds(entry, newIds));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withNewIds(entry, newIds)]));
}
