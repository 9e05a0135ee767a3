/** An object that was made, and how to remove it. */
export interface ResourceRecord {
  /** `workspace`, `item`, `user_assignment`. */
  resourceType: string;
  resourceId: string;
  resourceName: string;
  /** Removes the object; called with `cleanupArgs`. */
  cleanupFunction: (args: never) => Promise<void>;
  cleanupArgs: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}
