import { outcomesIn } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { madeId } from "../../lib/transactions/madeBy.ts";
import { removalOf } from "../transaction/leftovers.ts";
import type { Leftover } from "../transaction/leftovers.ts";

/** What a transaction that has not ended has left at the service, by its log alone. Pure. */
export function remainsOf(entries: readonly Entry[], transactionId: string): Leftover[] {
  const [begin] = entries;
  const stack = begin?.kind === "begin" ? begin.stack : "STACK";
  const compensated = new Set(entries.flatMap((entry) => (entry.kind === "compensated" ? [entry.step] : [])));
  const back = `npm run rollback -- --stack ${stack} --transaction ${transactionId}`;
  const outcomeOf = outcomesIn(entries);
  const remains = new Map<string, Leftover>();
  for (const entry of entries) {
    if (entry.kind !== "intent" || compensated.has(entry.step)) continue;
    const outcome = outcomeOf(entry.step);
    if (outcome === "refused") continue;
    const { operation, resourceType, resourceName } = entry;
    const id = entry.resourceId ?? madeId(entries, entry);
    const reason = `${WORDS[operation]}${outcome === "unknown" ? ", perhaps" : ""}`;
    const what = `${resourceType} '${resourceName}'`;
    const remedy = operation === "create" ? (removalOf(resourceType, id) ?? back) : back;
    const known = remains.get(what);
    // what was made and then changed is removed, not changed back
    if (known?.reason.startsWith(WORDS.create) && operation === "update") continue;
    remains.set(what, { what, ...(id !== undefined && { id }), reason, remedy });
  }
  return [...remains.values()];
}

const WORDS = { create: "was made", update: "was changed", delete: "was deleted" } as const;
