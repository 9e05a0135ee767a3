import { isDeepStrictEqual } from "node:util";
import type { ConfigEntry } from "./entry.ts";
import type { Field, Fields, InputsOf } from "./field.ts";
import { isUnknown } from "./field.ts";
import type { Values, Written } from "../../lib/transactions/written.ts";
import type { Run } from "../run/run.ts";
import type { Holder, Place } from "./place.ts";
import type { Undo } from "./undo.ts";

/** The state of an object: its inputs, the kind's own outputs, and its origin. */
export type StateOf<F extends Fields, O extends object> = InputsOf<F> & O & { readonly origin?: string };

/** A new object. */
export interface Made<O extends object> {
  readonly id: string;
  readonly outputs: O;
  /** Whether the object was there before this create, and is the stack's: a create that fails half-way must not remove it. */
  readonly isContinued?: boolean;
}

/** An object as the service has it now. */
export interface Live<F extends Fields, O extends object> {
  /** The inputs that the service shows; all others keep their values from the state. */
  readonly inputs: Partial<InputsOf<F>>;
  readonly outputs?: Partial<O>;
}

/**
 * Declaration of a resource kind. It holds only what is special about the kind. Schema checks, diffs from field rules, the
 * shape of the state, half-made objects, errors and telemetry are the same for all kinds; `handler.ts` and its neighbours have them.
 */
export interface ResourceKind<F extends Fields = Fields, O extends object = object> {
  /** `Workspace` of `pulumi-nodejs:dynamic/fabric:Workspace`. */
  readonly name: string;
  /** The kind in words, singular: `Git connection`. */
  readonly noun: string;
  readonly fields: F;
  /** The place of the objects at the service, which also decides the format of their ids. */
  readonly place: Place;
  /** How to undo creates from the log alone; absent if the kind makes no objects. */
  readonly undo?: Undo;
  /** Names of the compensations of updates and deletes. The engine undoes these changes, from the saved checkpoint. */
  readonly restores?: readonly string[];
  /** What is lost with the object, in words: `its data`; undefined if the object can be made again without loss. */
  holdsData?(inputs: Readonly<Record<string, unknown>>): string | undefined;
  /**
   * What a recreated object lacks and nothing can restore: `its approval`. A rollback that must recreate the object lists it.
   */
  readonly loses?: string;
  /** The kind's entry in the stack's configuration; absent if the program makes the object for other reasons. */
  readonly entry?: ConfigEntry;
  /** How people remove the object by hand, if not by DELETE of its path. */
  readonly removal?: { readonly method: "post"; readonly path: string } | "portal";
  /** Names of the outputs that programs can read from the resource. */
  readonly outputs: readonly (keyof O & string)[];
  /** Names of the secrets that the inputs name. The input `secretVersion` tells their versions. */
  secretsOf?(inputs: Readonly<Record<string, unknown>>): readonly string[];
  /** The object in words, for errors and the log: `workspace 'sales-dev'`. */
  title(inputs: Partial<InputsOf<F>>): string;
  /**
   * Adds values that can be derived offline, so that previews show them. Each input has already passed its schema. Pure and
   * idempotent. Values may be unknown.
   * @throws InputError for a fault that no single field can detect
   */
  derive?(inputs: InputsOf<F>): InputsOf<F>;
  /**
   * Why the service refuses a new object by a fixed rule; undefined if no rule is known to. The configuration of a stack is checked
   * by the same rules with paths, so this is for programs of one's own. Pure; the inputs may be unknown.
   */
  refusesNew?(inputs: InputsOf<F>): InputError | undefined;
  /**
   * Why the service refuses a change in place by a fixed rule; undefined if no rule is known to. Pure; the inputs may be unknown.
   * @param old the inputs of the object that exists
   */
  refusesChange?(old: Partial<InputsOf<F>>, inputs: InputsOf<F>): InputError | undefined;
  /**
   * Makes the object.
   * @param exists must be called as soon as the object exists and further steps follow. If one of these steps fails, the object
   * stays in the state as half-made, and the next update finishes it. Call with null if the object was removed again.
   */
  create(run: Run, inputs: InputsOf<F>, exists: (made: Made<O> | null) => void): Promise<Made<O>>;
  /** The present object, or `gone`, which needs proof (`gone.ts`). */
  read(run: Run, id: string, state: StateOf<F, O>): Promise<Live<F, O> | "gone">;
  /**
   * Brings the object to its declared values, whatever its present values are. Reads the object first and writes only values
   * that differ, because the last create or update may have stopped half-way.
   */
  update(run: Run, id: string, old: StateOf<F, O>, inputs: InputsOf<F>): Promise<O>;
  /** All objects of its holder, for an import. */
  existing?(run: Run, holder: Holder): Promise<readonly (Made<Partial<O>> & Live<F, O>)[]>;
  /**
   * In a rollback: restores the values that the transaction found, unless others have changed them since. Absent for kinds
   * whose log does not hold the values.
   */
  giveBackValues?(run: Run, id: string, written: Written, state: Values): Promise<ValuesGivenBack>;
  /**
   * Whether updates look for changes by others (`threeWays.ts`), and so previews and refreshes too.
   * @default false, for kinds that describe what others do; `defineObjectKind` sets true
   */
  readonly heedsOthers?: boolean;
  /**
   * Looks at content that the update would overwrite and that no field shows, for a preview. Warns of edits by others.
   * @throws Error if `fabric:onDrift` forbids the overwrite
   */
  heedsContent?(run: Run, id: string, state: StateOf<F, O>, wanted: InputsOf<F>): Promise<void>;
  /** Removes the object, or restores the former values of an adopted object. Not finding the object is success. */
  delete(run: Run, id: string, state: StateOf<F, O>): Promise<void>;
}

/** Result of a rollback for the values of an object. */
export interface ValuesGivenBack {
  /** Whether the object had other values. */
  readonly isChanged: boolean;
  /** Differences that remain, each as a sentence without the object's name. */
  readonly left: readonly string[];
}

/** Declares a kind with outputs `O`; only infers the types of its fields. */
export const defineKind =
  <O extends object>() =>
  <const F extends Fields>(kind: ResourceKind<F, O>): ResourceKind<F, O> =>
    kind;

/** A fault in one input. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly property: string;
  constructor(property: string, reason: string) {
    super(reason);
    this.property = property;
  }
}

/** Result of a check: the inputs to continue with, and their faults. */
export interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

/**
 * Normalises inputs for a kind: fills in defaults, normalises values and adds derived values. If an old and a new spelling mean
 * the same, the old spelling stays. Pure and offline. `check(check(x))` equals `check(x)`.
 */
export function check(kind: ResourceKind, olds: Record<string, unknown>, news: Record<string, unknown>): Checked {
  const inputs: Record<string, unknown> = {};
  const failures: { property: string; reason: string }[] = [];
  for (const property of Object.keys(news)) {
    if (!(property in kind.fields) && !property.startsWith("__")) {
      failures.push({ property, reason: `a ${kind.name} has no such property` });
    }
  }
  for (const [property, field] of Object.entries(kind.fields)) {
    const value = checkField(field, property, olds[property], news[property], failures);
    if (value !== undefined) inputs[property] = value;
  }
  if (failures.length > 0 || !kind.derive) return { inputs, failures };
  try {
    return { inputs: withoutLate(kind, olds, withoutUndefined(kind.derive(inputs))), failures };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { inputs, failures: [{ property: error.property, reason: error.message }] };
  }
}

/** Inputs without the fields that an otherwise unchanged state lacks. */
function withoutLate(kind: ResourceKind, olds: Record<string, unknown>, inputs: Record<string, unknown>) {
  const late = Object.keys(kind.fields).filter(
    (property) => kind.fields[property]?.isLate && olds[property] === undefined,
  );
  const others = Object.keys(kind.fields).filter((property) => !late.includes(property));
  const isUnchanged = others.every((property) => isDeepStrictEqual(olds[property], inputs[property]));
  if (late.length === 0 || !isUnchanged) return inputs;
  return Object.fromEntries(Object.entries(inputs).filter(([property]) => !late.includes(property)));
}

function checkField(
  field: Field,
  property: string,
  old: unknown,
  value: unknown,
  failures: { property: string; reason: string }[],
): unknown {
  if (isUnknown(value)) return value;
  const parsed = field.schema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      failures.push({ property: [property, ...issue.path.map(String)].join("."), reason: issue.message });
    }
    return value;
  }
  if (old !== undefined && parsed.data !== undefined && field.same?.(old as never, parsed.data as never)) return old;
  return parsed.data;
}

/** The inputs that the service shows. If a value means the same as the value in the state, the spelling of the state stays. */
export function inSpellingOf(
  kind: ResourceKind,
  state: Record<string, unknown>,
  live: Record<string, unknown>,
): Record<string, unknown> {
  const respelled = Object.entries(live).map(([property, value]) => {
    const old = state[property];
    const isKnown = old !== undefined && value !== undefined;
    return [property, isKnown && kind.fields[property]?.same?.(old as never, value as never) ? old : value];
  });
  return Object.fromEntries(respelled) as Record<string, unknown>;
}

/** The result of a diff for the engine. The engine itself compares inputs to find which properties changed. */
export interface Diff {
  readonly replaces: string[];
}

/** The changed inputs that need a new object. Pure and offline. */
export function diff(kind: ResourceKind, old: Record<string, unknown>, inputs: Record<string, unknown>): Diff {
  const replaces = Object.entries(kind.fields)
    .filter(([property, field]) => field.change === "replace" && !isDeepStrictEqual(old[property], inputs[property]))
    .map(([property]) => property);
  return { replaces };
}

/** A copy without undefined values, at any depth: the engine cannot transport them. */
export function withoutUndefined(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
