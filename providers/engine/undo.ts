import { z } from "zod";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { Run } from "../run/run.ts";

/*
 * How a create or an adoption that no state knows of is undone, by what the transaction log holds. What a kind has to say
 * about it stands in the kind; the rest is the same for all.
 */

/** What names an object at the service while nobody knows its id. */
export type Names = Readonly<Record<string, unknown>>;

/** What a kind says of undoing its creates. */
export interface Undo<N extends object = never> {
  /** Name of the compensation in the log. It never changes: logs of every version hold it. */
  readonly compensation: string;
  /** The names that a log must hold. */
  readonly names: z.ZodType<N>;
  /**
   * Looks whether the object is there, by its id if that is known, else by its names. The workspace that it is in exists.
   * @returns the id of the resource
   */
  find(run: Run, names: N, resourceId: string | undefined): Promise<string | undefined>;
  /**
   * Refuses an object that was found by its names alone and may be somebody else's. @default it is ours
   * @throws Error saying why it was not touched
   */
  assertOwn?(run: Run, resourceId: string, names: N): Promise<void>;
  /** Takes the object away; not finding it is success. @default DELETE of its path @returns whether it was there */
  remove?(run: Run, resourceId: string, name: string): Promise<boolean>;
  /** Gives an adopted object the values back that it had. Absent for kinds that adopt nothing, or have no values. */
  readonly giveBack?: GiveBack;
}

/** What a kind says of giving an adopted object back. */
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

/** An id of the service's in a log: it becomes a part of paths. */
export const idInLog = z.string().regex(/^[\w-]+$/);
/** A name in a log. */
export const nameInLog = z.string().min(1);

/** What the log is told before an object is made. */
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

/** Whether a compensation gives an adopted object back, instead of removing one that was made. */
export const givesBack = (compensation: string): boolean => compensation.startsWith(GIVES_BACK);

/** Whether a create of a log has adopted an object, which was there before. */
export const isAdoption = ({ compensation }: Pick<Intent, "compensation">): boolean =>
  givesBack(compensation?.function ?? "");
