import { createHash, randomBytes } from "node:crypto";

/** Place of a record in the end-to-end view of Application Insights. */
export interface Place {
  /** The same for everything that belongs together: `operation_Id`, 32 hexadecimal digits. */
  readonly operationId: string;
  /** The record that this one stands below: `operation_ParentId`. Absent at the top. */
  readonly parentId?: string | undefined;
}

/**
 * The place of a deployment as such, which everything of the deployment stands below. It follows from the transaction's id,
 * so that processes that know nothing else of each other agree on it.
 */
export function placeOfTransaction(transactionId: string): Required<Place> {
  const hash = createHash("sha256").update(transactionId).digest("hex");
  return { operationId: hash.slice(0, 32), parentId: hash.slice(32, 48) };
}

/** The place of a run without a transaction. */
export const placeOfRun = (): Place => ({ operationId: randomBytes(16).toString("hex") });

/** An id for a record that others will stand below. */
export const newRecordId = (): string => randomBytes(8).toString("hex");
