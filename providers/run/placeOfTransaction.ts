import type { LogStore } from "../../lib/logStore/logStore.ts";
import { hasEffects, hasEnded } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { RefusedError } from "../../lib/transactions/refusedError.ts";
import { logFile } from "../../lib/transactions/transactionLog.ts";
import { differenceOf, parseOrigin } from "./origin.ts";
import { findProviderNote } from "./providerNote.ts";
import type { ProviderNote } from "./providerNote.ts";

/*
 * An object of a transaction that is not found is gone only at the place where the transaction made it. So a transaction is gone on
 * with, settled and rolled back at that place, and nowhere else.
 */

/** A transaction, and where its log lies. */
export interface PlacedTransaction {
  readonly transactionId: string;
  readonly store: Pick<LogStore, "where">;
  readonly note: ProviderNote;
}

/**
 * Refuses a transaction of another place. One whose note does not name its place is of an earlier version, and is not refused.
 * @param now the place that this run reaches
 * @throws RefusedError that names both places
 */
export function assertSamePlace({ transactionId, store, note }: PlacedTransaction, now: string): void {
  const { reached, stack } = note;
  const difference = reached === undefined ? undefined : differenceOf(parseOrigin(reached), parseOrigin(now));
  if (reached === undefined || difference === undefined) return;
  throw new RefusedError(
    `Transaction ${transactionId} is open, and its objects are at ${shown(reached)}. This run reaches ${shown(now)}, where none ` +
      `of them can be found, so nothing was done. ${wayBack(difference, reached)}, and finish the transaction there: npm run up ` +
      `-- --stack ${stack}, or npm run rollback -- --stack ${stack}. If that place is gone for good, move ` +
      `${store.where.replace(/\/$/, "")}/${logFile(transactionId)} away: nobody knows then what the transaction made.`,
  );
}

function shown(place: string): string {
  const { host, tenantId } = parseOrigin(place);
  const name = host === "emulator" ? "the embedded emulator" : host;
  return tenantId ? `${name} in tenant ${tenantId}` : name;
}

function wayBack(difference: "host" | "tenant", reached: string): string {
  const { host, tenantId } = parseOrigin(reached);
  if (difference === "tenant") return `Sign in to tenant ${tenantId ?? ""}`;
  if (host === "emulator") return "Unset FABRIC_ENDPOINT";
  return `Let FABRIC_ENDPOINT or fabric:endpoint name ${host} again`;
}

/** The logs whose objects are at a place: they are open, and have changed something, or may have. */
const placed = (logs: readonly (readonly Entry[])[]) => logs.filter((log) => !hasEnded(log) && hasEffects(log));

/**
 * Refuses to write beside open transactions of another place.
 * @param reached the place that this run reaches, by the note of a transaction; undefined if that cannot be told
 * @throws RefusedError that names both places
 */
export async function assertPlaceOfOpen(
  store: LogStore,
  logs: readonly (readonly Entry[])[],
  reached: (note: ProviderNote) => Promise<string | undefined> | string,
): Promise<void> {
  for (const [begin] of placed(logs)) {
    const transactionId = begin?.transactionId ?? "";
    const note = await findProviderNote(store, transactionId);
    if (note?.reached === undefined) continue;
    const now = await reached(note);
    if (now !== undefined) assertSamePlace({ transactionId, store, note }, now);
  }
}
