import { z } from "zod";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import type { DOUBTFUL } from "../../engine/field.ts";
import type { Change } from "../../engine/objectKind.ts";
import type { Sent } from "./sentNote.ts";

/* What is declared and known of an item. */

/** The values that an item had before its adoption. Its delete restores them. */
export interface ItemBefore {
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly folderId?: string | undefined;
  /** Hash of the definition that the declared one replaced. Only a rollback still has that definition, and restores it. */
  readonly definitionHash?: string | undefined;
  /** Only in a rollback, if the transaction has activated another one. */
  readonly activeValueSet?: string | undefined;
  /** Only in a rollback, if the transaction has bound the model. */
  readonly connections?: readonly string[] | undefined;
}

/** What the state holds of an item beyond its inputs. */
export interface ItemOutputs {
  /** Only for an item that existed before. */
  readonly adopted?: ItemBefore | undefined;
  /** Only if a refresh reads definitions. */
  readonly sent?: Sent | undefined;
  /** Only for a half-made item: stands in for the input until the definition was sent. */
  readonly definitionHash?: typeof DOUBTFUL;
}

/** The inputs of an item, with their rules. */
export const itemFields = {
  workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
  type: { schema: z.string().min(1), change: "replace" },
  displayName: { schema: z.string().trim().min(1).max(256), change: "update" },
  description: { schema: z.string().max(256).default(""), change: "update" },
  /** The service's id of the item's folder. Absent at the root. */
  folderId: { schema: identifier.optional(), change: "update", same: sameIgnoringCase },
  /** Folder with the definition in Fabric's Git format, relative to the project. */
  path: { schema: z.string().min(1).optional(), change: "local" },
  /** Hash of that definition; derived, so that previews show a changed definition. */
  definitionHash: { schema: z.string().optional(), change: "update", isFilledIn: true },
  /** Ids that belong into the definition, by what stands in the files instead: logical ids of other items, paths of models. */
  references: { schema: z.record(z.string(), identifier).optional(), change: "update" },
  /** Values of the environment that are put into the files ({@link Value}). */
  values: { schema: z.array(z.record(z.string(), z.unknown())).optional(), change: "local", isFilledIn: true },
  /** Salted hashes of the environment variables that the values take; derived, so that previews show another value. */
  variables: { schema: z.record(z.string(), z.string()).optional(), change: "update", isFilledIn: true },
  /** For a variable library: the value set that counts in its workspace. Absent to leave it. */
  activeValueSet: { schema: z.string().min(1).optional(), change: "update" },
  /** For an environment: the Spark pool in place of the one in the files, by type and name. */
  sparkPool: { schema: z.object({ type: z.string(), name: z.string() }).optional(), change: "local" },
  /** For a semantic model: ids of the connections that it is bound to. Absent to leave them. */
  connections: { schema: z.array(z.string()).optional(), change: "update" },
  /** Short hashes of the files, derived: a preview shows which of them changed. */
  parts: { schema: z.record(z.string(), z.string()).optional(), change: "local", isDerived: true, isLate: true },
  /** From `.platform`, derived: the item is known by it if its name and its folder change. */
  logicalId: { schema: z.string().optional(), change: "local", isDerived: true, isLate: true },
  /** Settings of the item's type. Read only on create. */
  creationPayload: { schema: z.record(z.string(), z.unknown()).optional(), change: "replace" },
  /** Manages an existing item of that name and type instead of refusing it. */
  adopt: { schema: z.boolean().default(false), change: "local" },
  /**
   * The workspace is connected to Git: an item of that name that came from Git is adopted. Only read on create. Changes are
   * ignored; otherwise connecting a workspace to Git would show every item as updated.
   */
  adoptFromGit: { schema: z.boolean().default(false), change: "local", same: () => true },
} as const;

/** The values of an item as it is now, for the log and for a later restore. */
export const itemBefore = ({ type, displayName, description, folderId }: FabricItem): ItemBefore => ({
  type,
  displayName,
  description: description ?? "",
  folderId,
});

/** A change of an existing item. */
export type ItemChange = Change<typeof itemFields, ItemOutputs, FabricItem, ItemBefore>;
