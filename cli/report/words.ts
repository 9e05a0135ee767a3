import type { Outcome } from "../../lib/transactions/summary.ts";
import type { Report } from "./model.ts";

/* Words for outcomes, counts and durations, the same on the page, in the comment and in the history. */

/** `failed and rolled back`. */
export function outcomeWords(outcome: Outcome, isTransaction: boolean): string {
  switch (outcome) {
    case "committed":
      return isTransaction ? "committed" : "done";
    case "rolledBack":
      return "failed and rolled back";
    case "incomplete":
      return "rollback incomplete";
    case "open":
      return isTransaction ? "failed, still open" : "failed";
    case "nothing":
      return "nothing done";
  }
}

/** `3 created, 1 updated`. */
export function countsText(counts: Report["counts"], isTransaction = true): string {
  const words = Object.entries(counts).flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []));
  return words.length > 0 ? words.join(", ") : isTransaction ? "nothing changed" : "nothing to do";
}

/** `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
