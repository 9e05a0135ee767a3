import { createHash, randomBytes } from "node:crypto";

/** Place of a record in the end-to-end view of Application Insights. */
export interface Place {
  /** `operation_Id`: 32 hexadecimal digits, equal for all records that belong together. */
  readonly operationId: string;
  /** `operation_ParentId`: the record above this one. Absent at the top. */
  readonly parentId?: string | undefined;
}

/**
 * The place of a deployment's own record. All other records of the deployment stand below it. The place is derived from the
 * transaction's id, so that processes agree on it without any exchange.
 */
export function placeOfTransaction(transactionId: string): Required<Place> {
  const hash = createHash("sha256").update(transactionId).digest("hex");
  return { operationId: hash.slice(0, 32), parentId: hash.slice(32, 48) };
}

/** The place of a run without a transaction. */
export const placeOfRun = (): Place => ({ operationId: randomBytes(16).toString("hex") });

/** An id for a record that has others below it. */
export const newRecordId = (): string => randomBytes(8).toString("hex");
