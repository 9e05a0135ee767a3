/** Something that was made, and how to remove it again. */
export interface ResourceRecord {
  /** `workspace`, `item`, `user_assignment`. */
  resourceType: string;
  resourceId: string;
  resourceName: string;
  /** Removes it; called with `cleanupArgs`. */
  cleanupFunction: (args: never) => Promise<void>;
  cleanupArgs: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}
