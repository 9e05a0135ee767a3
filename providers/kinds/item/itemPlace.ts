/** The place of items at the service. */
export const itemPlace = { in: "workspace", collection: "items" } as const;
