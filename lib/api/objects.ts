import { z } from "zod";
import { optional } from "./answer.ts";

/*
 * Shapes are what answers must have before they are believed. They demand what is read and no more: the service may add
 * properties and words.
 */

/** An id as the service gives it. It becomes part of paths, and must not lead elsewhere. */
export const idShape = z.string().regex(/^[^/?#\\\s]+$/);

/** What is read of a workspace. */
export const workspaceShape = z.object({
  id: idShape,
  displayName: z.string(),
  description: optional(z.string()),
  type: z.string(),
  capacityId: optional(idShape),
  /** Only in single reads: whoever waits for it must not look into lists. `InProgress`, `Completed` or `Failed`. */
  capacityAssignmentProgress: optional(z.string()),
});

/** A workspace as lists and single reads give it. */
export type Workspace = Readonly<z.output<typeof workspaceShape>>;

/** What is read of an item. */
export const itemShape = z.object({
  id: idShape,
  type: z.string().min(1),
  displayName: z.string(),
  description: optional(z.string()),
  workspaceId: idShape,
  /** Absent at the root. */
  folderId: optional(idShape),
});

/** An item as lists and single reads give it. */
export type FabricItem = Readonly<z.output<typeof itemShape>>;

/** What is read of a capacity. */
export const capacityShape = z.object({
  id: idShape,
  displayName: z.string(),
  sku: z.string(),
  /** `Active`, or `Inactive`, which is what a paused capacity says. */
  state: z.string(),
});

/** A Fabric capacity that the deploying identity can see. */
export type Capacity = Readonly<z.output<typeof capacityShape>>;
