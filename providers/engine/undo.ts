import { z } from "zod";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { Run } from "../run/run.ts";

/*
 * Undoes creates and adoptions that no state holds, from the transaction log. A kind declares its own part; the rest is the
 * same for all kinds.
 */

/** Names that identify an object at the service without its id. */
export type Names = Readonly<Record<string, unknown>>;

/** A kind's part in undoing its creates. */
export interface Undo<N extends object = never> {
  /** Name of the compensation in the log. It never changes: logs of every version hold it. */
  readonly compensation: string;
  /** The names that a log must hold. */
  readonly names: z.ZodType<N>;
  /**
   * Looks for the object, by its id if that is known, else by its names. The workspace of the object exists.
   * @returns the id of the resource
   */
  find(run: Run, names: N, resourceId: string | undefined): Promise<string | undefined>;
  /**
   * Refuses an object that was found by its names alone and may have another creator. @default accepts every object
   * @throws Error that says why the object was not touched
   */
  assertOwn?(run: Run, resourceId: string, names: N): Promise<void>;
  /** Removes the object; not finding it is success. @returns whether it existed */
  remove(run: Run, resourceId: string, name: string): Promise<boolean>;
  /** Restores the former values of an adopted object. Absent for kinds that adopt nothing, or have no values. */
  readonly giveBack?: GiveBack;
}

/** A kind's part in restoring an adopted object. */
export interface GiveBack<B extends object = never> {
  /** The values that a log must hold. */
  readonly before: z.ZodType<B>;
  /** @returns whether the object had other values */
  work(run: Run, resourceId: string, before: B): Promise<boolean>;
}

/** Declares how creates of a kind are undone; only infers types. */
export const defineUndo = <N extends object, B extends object = never>(
  undo: Omit<Undo<N>, "giveBack"> & { readonly giveBack?: GiveBack<B> },
): Undo => undo as unknown as Undo;

/** An id of the service in a log. It becomes a part of paths. */
export const idInLog = z.string().regex(/^[\w-]+$/);
/** A name in a log. */
export const nameInLog = z.string().min(1);

/** The log's intent before an object is made. */
export const createIntent = (
  { name: resourceType, undo }: { readonly name: string; readonly undo?: Pick<Undo, "compensation"> },
  resourceName: string,
  names: Names,
): Intent => ({
  operation: "create",
  resourceType,
  resourceName,
  names,
  compensation: undo ? { function: undo.compensation, args: names } : null,
});

const GIVES_BACK = "giveBack";

/** Name of the compensation of an adoption. */
export const giveBackOf = (resourceType: string): string => `${GIVES_BACK}${resourceType}`;

/** Whether a compensation restores an adopted object, instead of removing a new one. */
export const givesBack = (compensation: string): boolean => compensation.startsWith(GIVES_BACK);

/** Whether a create of a log has adopted an object, which was there before. */
export const isAdoption = ({ compensation }: Pick<Intent, "compensation">): boolean =>
  givesBack(compensation?.function ?? "");
