import { z } from "zod";
import { optional } from "./answer.ts";

/*
 * Shapes that answers must have. A shape requires only the properties that the code reads: the service may add properties
 * and values.
 */

/** An id of the service. It becomes part of paths, so it must not hold characters that change a path, nor be a step upwards in one. */
export const idShape = z.string().regex(/^(?!\.{1,2}$)[^/?#\\%\s]+$/);

/** What is read of a workspace. */
export const workspaceShape = z.object({
  id: idShape,
  displayName: z.string(),
  description: optional(z.string()),
  type: z.string(),
  capacityId: optional(idShape),
  /** Present only in single reads, never in lists: `InProgress`, `Completed` or `Failed`. */
  capacityAssignmentProgress: optional(z.string()),
});

/** A workspace in lists and single reads. */
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

/** An item in lists and single reads. */
export type FabricItem = Readonly<z.output<typeof itemShape>>;

/** What is read of a capacity. */
export const capacityShape = z.object({
  id: idShape,
  displayName: z.string(),
  sku: z.string(),
  /** `West Europe`. */
  region: optional(z.string()),
  /** `Active`, or `Inactive` for a paused capacity. */
  state: z.string(),
});

/** A Fabric capacity that the deploying identity can see. */
export type Capacity = Readonly<z.output<typeof capacityShape>>;
