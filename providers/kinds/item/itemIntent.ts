import type { Intent } from "../../../lib/transactions/entry.ts";

/** The log's entry for a write that changes an item. @param restore the compensation that takes it back */
export const changeOfItem = (
  id: string,
  displayName: string,
  restore: "restoreItem" | "restoreDefinition",
): Intent => ({
  operation: "update",
  resourceType: "Item",
  resourceName: displayName,
  resourceId: id,
  compensation: { function: restore, args: { id } },
});
