import { hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";

/** A long-running operation of the service that a run has begun, and did not see the end of. */
export interface OperationGoingOn {
  readonly transactionId: string;
  /** What it does: `create Item 'sales/ingest'`. */
  readonly what: string;
  readonly operationId: string;
  /** Where it runs: host of the endpoint and tenant, as the run that began it knew them. */
  readonly origin: string;
}

/**
 * The operations that the logs of a stack leave open: accepted by the service, and neither done nor failed when the run
 * ended. They go on without it, so whoever asks for their object before they have ended may see nothing, or half of it.
 * Pure.
 */
export function operationsGoingOn(transactions: readonly (readonly Entry[])[]): OperationGoingOn[] {
  return transactions.filter((entries) => !hasEnded(entries)).flatMap(goingOnIn);
}

function goingOnIn(entries: readonly Entry[]): OperationGoingOn[] {
  const ended = new Set(
    entries.flatMap((entry) => (entry.kind === "done" || entry.kind === "failed" ? entry.step : [])),
  );
  const whats = new Map(
    entries.flatMap((entry) =>
      entry.kind === "intent" ? [[entry.step, `${entry.operation} ${entry.resourceType} '${entry.resourceName}'`]] : [],
    ),
  );
  return entries.flatMap((entry) => {
    if (entry.kind !== "accepted" || ended.has(entry.step)) return [];
    const { transactionId, operationId, origin } = entry;
    return [{ transactionId, what: whats.get(entry.step) ?? "an operation", operationId, origin }];
  });
}
