import { objectKey } from "./entry.ts";
import type { Entry, Intent } from "./entry.ts";

/**
 * Keys of the objects that the creates of a log have made, as far as their answers came.
 * @param isLeftOut creates that do not count. @default all count
 */
export function madeBy(
  log: readonly Entry[],
  isLeftOut: (create: Intent) => boolean = () => false,
): ReadonlySet<string> {
  return new Set(
    log.flatMap((entry) => {
      if (entry.kind !== "intent" || entry.operation !== "create" || isLeftOut(entry)) return [];
      const done = log.find((other) => other.kind === "done" && other.step === entry.step);
      return done?.kind === "done" ? [objectKey(entry.resourceType, done.resourceId)] : [];
    }),
  );
}
