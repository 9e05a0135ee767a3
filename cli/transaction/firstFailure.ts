import type { Entry } from "../../lib/transactions/entry.ts";

/** The entry of a step that failed. */
export type FailedStep = Extract<Entry, { kind: "failed" }>;

/** The first failed step. A step does not count if its object was adopted or made in another attempt. */
export function firstFailure(entries: readonly Entry[]): FailedStep | undefined {
  const objects = new Map(
    entries.flatMap((entry) =>
      entry.kind === "intent"
        ? [[entry.step, `${entry.resourceType} ${entry.resourceName} ${entry.operation === "delete"}`]]
        : [],
    ),
  );
  return entries.find(
    (entry, index): entry is FailedStep =>
      entry.kind === "failed" &&
      !entries
        .slice(index)
        .some((later) => later.kind === "done" && objects.get(later.step) === objects.get(entry.step)),
  );
}
