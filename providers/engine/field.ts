import { z } from "zod";

/**
 * What a change of an input means for the object behind it:
 * - `update`: changed in place at the service;
 * - `replace`: only a new object can have the new value;
 * - `local`: changes only how this project manages the object, nothing at the service.
 */
export type Change = "update" | "replace" | "local";

/** One input of a resource kind: its rule for values, and its rule for changes. */
export interface Field {
  /** Valid values, defaults and normalisation. Must be pure: it runs in previews. */
  readonly schema: z.ZodType;
  /** Meaning of a change of the value. */
  readonly change: Change;
  /** The kind fills it in, and nobody declares it. */
  readonly isDerived?: true;
  /** The project's own code fills it in, so a program of somebody else has no such argument. */
  readonly isFilledIn?: true;
  /**
   * Earlier versions did not have the field. A resource from such a version gets the value with its next change, so that a new
   * version alone changes nothing.
   */
  readonly isLate?: true;
  /** Whether two spellings mean the same; the spelling in state is then kept, so that no diff shows. @default equality */
  readonly same?: (before: never, after: never) => boolean;
}

/** The inputs of a kind by name. */
export type Fields = Readonly<Record<string, Field>>;

/** The values that the fields of a kind describe. */
export type InputsOf<F extends Fields> = { [K in keyof F]: z.output<F[K]["schema"]> };

/** The engine's stand-in for a value that a preview cannot know yet; it arrives in place of any value, also of numbers. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is not known yet (previews, and the analysis of delete-before-replace). */
export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/**
 * Stands in the state for an uncertain value of an input: a write failed half-way, and a read does not show the value. It
 * equals no declared value, so the next update writes the declared one.
 */
export const DOUBTFUL = "unknown" as const;

/** Declared in place of a value that the program cannot know in a preview: it counts as no change. */
export const AS_BEFORE = "as before";

/** Whether two names are equal for a service that ignores case, and may compose letters with their accents or not. */
export function sameIgnoringCase(before: string | undefined, after: string | undefined): boolean {
  return spelled(before) === spelled(after);
}

const spelled = (name: string | undefined) => name?.toLowerCase().normalize("NFC");

/** An id of another object, as an input. In previews it may be unknown; every schema accepts an unknown value. */
export const identifier = z.string().min(1);
