import type { z } from "zod";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { Run, Write } from "../run/run.ts";
import type { Fields, InputsOf } from "./field.ts";
import type { ResourceKind, StateOf, ValuesGivenBack } from "./resourceKind.ts";

/** An object of the kind, as the service returns it. */
export type Live = Readonly<Record<string, unknown>>;

/** A kind without its types, for code that treats all kinds alike. */
export type AnyObjectKind = ObjectKind<Fields, object, Live, Live, Live>;

/**
 * A kind whose objects have a name, appear in a list, and are made by one call. The declaration holds only what is special
 * about the kind. `lifecycleOf` derives create, read, update, delete and adoption from the declaration, and `undoOf` derives
 * how creates and adoptions are undone.
 *
 * `F` are the kind's fields, `O` its outputs, `L` the shape of the service's objects, `N` the names that identify an object in
 * the log, and `B` the former values of an adopted object.
 */
export interface ObjectKind<
  F extends Fields,
  O extends object,
  L extends object,
  N extends object,
  B extends object,
> extends Omit<ResourceKind<F, O>, "undo" | "create" | "read" | "update" | "delete"> {
  /** Shape of an object in the service's answers, alone and in lists. */
  readonly shape: z.ZodType<L>;
  /** Plural of the kind in words: `folders`. */
  readonly plural: string;
  /** Name in the logs of the compensation for a create. It never changes: logs of every version hold it. */
  readonly compensation: string;

  /** Names that identify an object in the log before its id is known. */
  readonly names: z.ZodType<N>;
  /** The names of a declared object. */
  namesOf(run: Run, inputs: InputsOf<F>): N | Promise<N>;
  /** Whether an object has these names. */
  isNamed(live: L, names: N): boolean;
  /** Whether people make such objects. An import skips objects that the service itself adds. @default true */
  isMadeByPeople?(live: L): boolean;
  /** Display name of the object in log and telemetry. */
  nameOf(inputs: Partial<InputsOf<F>>): string;
  /** The object's own part of the resource id. @default the object's `id` */
  ownIdOf?(live: L): string;
  /**
   * Whether a list that this run has already read can show if a name is taken. Only safe if the service itself refuses a second
   * object with the same name. @default the list is read again
   */
  readonly looksAtSharedList?: boolean;

  /** The call that makes an object. */
  make(run: Run, inputs: InputsOf<F>): NewObject<L> | Promise<NewObject<L>>;
  /** Wraps that call, to wait or to explain a refusal. */
  making?<T>(run: Run, inputs: InputsOf<F>, work: () => Promise<T>): Promise<T>;
  /** In a rollback: recovers a deleted object instead of making a new one; undefined if none can be recovered. */
  recover?(run: Run, inputs: InputsOf<F>, create: Intent): Promise<L | undefined>;
  /**
   * Whether a new holder has this object from its beginning, so that no create of the stack made the object: the role of the
   * deploying identity. @default false
   */
  comesWithHolder?(run: Run, names: N): boolean;
  /** Whether the object may be the result of a create without an answer. @default true */
  isPlausible?(run: Run, id: string): Promise<boolean>;
  /** Message if `isPlausible` rules the object out. */
  notOurs?(id: string, names: N): string;
  /** State values for a half-made object: stand-ins for inputs until they are known to be as declared. */
  doubtful?(inputs: InputsOf<F>, isAdopted: boolean): Partial<Record<keyof F | keyof O, unknown>>;
  /** Steps after the create call. */
  settle?(change: Change<F, O, L, B>): Promise<Partial<O>>;

  /** The present values of an object, for the log and for a later restore. */
  priorValues(live: L): B;
  /**
   * Values beyond those of `priorValues`, which only other calls show. The intents of their writes hold them under these names.
   * @param names those that are asked for; others are none of this
   */
  furtherValues?(run: Run, id: string, names: readonly string[]): Promise<Live>;
  /** The names of further values that go with an object that is deleted. @default none */
  furtherNames?(state: StateOf<F, O>): readonly string[];
  /** The inputs that the service's object shows. */
  valuesOf(live: L, run: Run, id: string, state: StateOf<F, O>): Partial<InputsOf<F>> | Promise<Partial<InputsOf<F>>>;
  /** The outputs that the service's object shows. */
  outputsOf?(live: L): Partial<O>;
  /** Finds an object that appears in no list. @default searches the list */
  find?(run: Run, names: N): Promise<L | undefined>;
  /**
   * Whether the list shows all that a change needs to know of an object, so that the run reads the list once for all objects
   * that it changes. @default yes, if there is a list and no `observe`
   */
  isListedWhole?(run: Run, id: string, state: StateOf<F, O>): Promise<boolean>;
  /** Reads an object for a refresh. @default reads the list, then the object alone (`gone.ts`) */
  observe?(run: Run, id: string, state: StateOf<F, O>): Promise<L | "gone">;
  /** Calls an object at its path. @default the path from the resource's id */
  at?<T>(run: Run, id: string, state: Partial<O> | undefined, call: (path: string) => Promise<T>): Promise<T>;

  /**
   * Brings an object to its declared values, and writes only values that differ. The order of the writes ensures that a refusal
   * loses nothing. Absent if the objects cannot be changed.
   */
  converge?(change: Change<F, O, L, B>): Promise<Partial<O>>;

  /** How existing objects are adopted. @default an existing object is an error: the service's refusal */
  readonly adoption?: Adoption<F, O, L, B>;
  /** Reason why an object stays although its resource is deleted, for a warning; undefined if the object is deleted. */
  stays?(run: Run, id: string, state: StateOf<F, O>): Promise<string | undefined>;
  /** In a rollback: gives back what no values show, such as a definition. */
  giveBackContent?(run: Run, id: string, state: StateOf<F, O>): Promise<ValuesGivenBack>;
  /** Steps before an object is deleted. */
  beforeRemoval?(run: Run, id: string, state: StateOf<F, O>): Promise<void>;
  /** Warning for a refused delete after which the object may stay; undefined to throw the error. @default throws the error */
  mayStay?(error: unknown, state: StateOf<F, O>): string | undefined;
  /** The call that removes an object. @default the call of `removal`, else DELETE of the object's path */
  readonly remove?: (path: string) => Write;
}

/** The call that makes an object, as far as it differs from the default: POST to the path of the list, with the kind's shape. */
export type NewObject<L> = Partial<Write<L>>;

/** A change of an existing object. */
export interface Change<F extends Fields, O extends object, L extends object, B extends object> {
  readonly run: Run;
  readonly id: string;
  /** The object, as the service has it. */
  readonly now: L;
  readonly wanted: InputsOf<F>;
  /** The object's properties in the state; absent if no state holds the object yet. */
  readonly old?: StateOf<F, O>;
  /** For an object that is being adopted: its former values. */
  readonly found?: B;
  /** Path of the object at the service. */
  readonly path: string;
  /** In a rollback: values to restore that have no input of the same name in `wanted`. */
  readonly givenBack?: Partial<B>;
  /**
   * Writes to the service. The intent of the write holds the former and the new values.
   * @param after the values of `priorValues` that the write changes
   */
  readonly write: <T>(call: Write<T>, after: Partial<B>) => Promise<T>;
}

/** How existing objects are adopted. */
export interface Adoption<F extends Fields, O extends object, L extends object, B extends object> {
  /** Error code by which the service refuses a second object of the same name. */
  readonly taken?: string;
  /**
   * Whether the create looks for an existing object before it calls the service. @default the create waits for the service's
   * refusal
   */
  readonly looksFirst?: boolean;
  /**
   * Whether an object may stay although this stack deleted its resource. A create that finds such an object continues with it.
   * @default a deleted object only remains in stale lists
   */
  readonly mayBeLeft?: boolean;
  /** Whether an object that does not belong to the stack may be adopted. @default true */
  may?(run: Run, live: L, inputs: InputsOf<F>): boolean | Promise<boolean>;
  /** The object's former values. @default the kind's `priorValues` */
  found?(run: Run, id: string, live: L, inputs: InputsOf<F>): Promise<B>;
  /** Outputs that hold the former values in the state. */
  toOutputs(before: B): Partial<O>;
  /** The former values from the outputs; undefined if the object was not adopted. */
  ofState(state: Partial<O>): Partial<B> | undefined;
  /**
   * Former values that the log must hold. Absent if nothing needs to be restored: an adoption then leaves no entry in the log.
   */
  readonly before?: z.ZodType<B>;
  /**
   * Restores the former values, which are in `wanted` of the change. @default the kind's `converge`
   * @returns whether the object had other values that `priorValues` does not show
   */
  giveBack?(change: Change<F, O, L, B>, before: B): Promise<boolean>;
}
