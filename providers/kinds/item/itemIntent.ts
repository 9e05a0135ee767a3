import type { Compensation, Intent } from "../../../lib/transactions/entry.ts";

/** The log's entry for a write that changes an item. @param compensation what takes the write back */
export const changeOfItem = (id: string, displayName: string, compensation: Compensation): Intent => ({
  operation: "update",
  resourceType: "Item",
  resourceName: displayName,
  resourceId: id,
  compensation,
});
