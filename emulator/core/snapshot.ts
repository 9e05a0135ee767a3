import { z } from "zod";
import type { Service } from "./service.ts";

const snapshotSchema = z.record(z.string(), z.array(z.looseObject({ id: z.string().min(1) })));

/**
 * Replaces all objects by those of a snapshot, as `GET /_emulator/state` gives it.
 * @throws Error if it is no snapshot, or names a collection that no family has; nothing is changed then
 */
export function loadSnapshot(service: Service, snapshot: unknown): void {
  const read = snapshotSchema.safeParse(snapshot);
  if (!read.success) throw new Error(`This is no snapshot of an emulator: ${z.prettifyError(read.error)}`);
  const known = service.collections.map(({ name }) => name);
  const unknown = Object.keys(read.data).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`No family has ${unknown.join(", ")}.`);
  for (const name of known) {
    const collection = service.store.collection(name);
    for (const { id } of collection.all()) collection.delete(id);
    for (const object of read.data[name] ?? []) collection.put(object);
  }
}
