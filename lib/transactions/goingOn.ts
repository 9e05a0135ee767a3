import { hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";

/** A long-running operation of the service that a run began without seeing its end. */
export interface OperationGoingOn {
  readonly transactionId: string;
  /** Description of the operation: `create Item 'sales/ingest'`. */
  readonly what: string;
  readonly operationId: string;
  /** Place of the operation: endpoint's host and tenant of the run that began it. */
  readonly origin: string;
}

/**
 * The operations that the logs of a stack leave open: the service accepted them, and the run ended before they did. Such
 * operations continue without the run. A read of their object before their end may find nothing, or half of the object.
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
