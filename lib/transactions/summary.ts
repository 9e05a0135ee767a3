import { hasEffects, outcomesIn } from "./entry.ts";
import type { Entry } from "./entry.ts";

/* What a log says in a few words. Everything here is pure. */

/** How a transaction stands. `nothing`: it ended without any effect. `incomplete`: its rollback left something. */
export type Outcome = "committed" | "rolledBack" | "incomplete" | "open" | "nothing";

/** Number of effects in a log, by kind. */
export type EffectCounts = Record<"created" | "updated" | "deleted" | "failed", number>;

/** How a transaction stands, by its log. */
export function outcomeOfLog(entries: readonly Entry[]): Outcome {
  if (entries.some(({ kind }) => kind === "commit")) return "committed";
  if (entries.some(({ kind }) => kind === "rolledBack")) return hasEffects(entries) ? "rolledBack" : "nothing";
  return entries.some(({ kind }) => kind === "rollback") ? "incomplete" : "open";
}

/** Number of effects in a log, by kind. */
export function countsOf(entries: readonly Entry[]): EffectCounts {
  const counts = { created: 0, updated: 0, deleted: 0, failed: 0 };
  const outcomeOf = outcomesIn(entries);
  const names = { create: "created", update: "updated", delete: "deleted" } as const;
  for (const entry of entries) {
    if (entry.kind !== "intent") continue;
    counts[outcomeOf(entry.step) === "done" ? names[entry.operation] : "failed"]++;
  }
  return counts;
}

/** Whether a log is a transaction's, and not one of a destroy or of a plain run without rollback. */
export const isTransaction = ([begin]: readonly Entry[]): boolean =>
  begin?.kind === "begin" && begin.checkpoint !== undefined;
