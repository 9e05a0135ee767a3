import type { z } from "zod";
import type { Answering } from "../../lib/api/fabricCall.ts";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { Run, Write } from "../run/run.ts";
import type { Fields, InputsOf } from "./field.ts";
import type { ResourceKind, StateOf } from "./resourceKind.ts";

/** Answers as the service gives them: an object of the kind. */
export type Live = Readonly<Record<string, unknown>>;

/** A kind without its types, for what is the same for all. */
export type AnyObjectKind = ObjectKind<Fields, object, Live, Live, Live>;

/**
 * A kind whose objects are made by one call, have a name, and stand in a list: what is special about it and nothing else. From
 * this `lifecycleOf` derives create, read, update, delete, adoption, and how each is undone.
 *
 * `F` are its fields, `O` its outputs, `L` what the service tells of an object, `N` what names one in the log, and `B` the
 * values that an adopted one had.
 */
export interface ObjectKind<
  F extends Fields,
  O extends object,
  L extends object,
  N extends object,
  B extends object,
> extends Omit<ResourceKind<F, O>, "undo" | "create" | "read" | "update" | "delete"> {
  /** What is read of an object, alone and in lists. */
  readonly shape: z.ZodType<L>;
  /** The list in words: `folders`. */
  readonly plural: string;
  /** Name of the compensation of its creates in logs. It never changes: logs of every version hold it. */
  readonly compensation: string;

  /** What names an object in its log, while nobody knows its id. */
  readonly names: z.ZodType<N>;
  /** The names of what is declared. */
  namesOf(run: Run, inputs: InputsOf<F>): N | Promise<N>;
  /** Whether an object has these names. */
  isNamed(live: L, names: N): boolean;
  /** Whether people make such an object; what the service itself brings along is not imported. @default they do */
  isMadeByPeople?(live: L): boolean;
  /** What people call it in log and telemetry. */
  nameOf(inputs: Partial<InputsOf<F>>): string;
  /** The half of a resource's id that is the object's. @default its `id` */
  ownIdOf?(live: L): string;
  /**
   * Whether a list that was read in this run is good enough to see whether a name is taken: it is if the service refuses a
   * second object of a name. @default it is asked for again
   */
  readonly looksAtSharedList?: boolean;

  /** The one call that makes it. */
  make(run: Run, inputs: InputsOf<F>): NewObject<L> | Promise<NewObject<L>>;
  /** Surrounds that call, for waits and for explanations of a refusal. */
  making?<T>(run: Run, inputs: InputsOf<F>, work: () => Promise<T>): Promise<T>;
  /** Takes an object of a rollback back instead of making it anew; undefined if there is none. */
  recover?(run: Run, inputs: InputsOf<F>, create: Intent): Promise<L | undefined>;
  /** Whether nothing speaks against an object being the one whose create had no answer. @default nothing does */
  isPlausible?(run: Run, id: string): Promise<boolean>;
  /** What is said if something does. */
  notOurs?(id: string, names: N): string;
  /** What stands in the state in place of inputs until they are known to be as declared, if a later step fails. */
  doubtful?(inputs: InputsOf<F>, isAdopted: boolean): Partial<Record<keyof F | keyof O, unknown>>;
  /** What follows a create in the same step. */
  settle?(change: Change<F, O, L, B>): Promise<Partial<O>>;

  /** The values that an object has now: for the log, and to be given back. */
  priorValues(live: L): B;
  /** What the service tells of the inputs. */
  valuesOf(live: L, run: Run, id: string, state: StateOf<F, O>): Partial<InputsOf<F>> | Promise<Partial<InputsOf<F>>>;
  /** What the service tells of the outputs. */
  outputsOf?(live: L): Partial<O>;
  /** Looks for the object of these names, if it stands in no list. @default in its list */
  find?(run: Run, names: N): Promise<L | undefined>;
  /** Reads an object for a refresh. @default from its list, and alone (`gone.ts`) */
  observe?(run: Run, id: string, state: StateOf<F, O>): Promise<L | "gone">;
  /** Calls an object at its path. @default the path that its id gives */
  at?<T>(run: Run, id: string, state: Partial<O> | undefined, call: (path: string) => Promise<T>): Promise<T>;

  /**
   * Makes an object as declared, and sends nothing for what already is. The order is one in which a refusal loses nothing.
   * Absent for objects that nothing can be changed about.
   */
  converge?(change: Change<F, O, L, B>): Promise<Partial<O>>;

  /** What is done about objects that exist already. @default the service's refusal is the error */
  readonly adoption?: Adoption<F, O, L, B>;
  /** Why an object stays when its resource goes, said as a warning; undefined if it goes. */
  stays?(run: Run, id: string, state: StateOf<F, O>): Promise<string | undefined>;
  /** What is to be done before an object is deleted. */
  beforeRemoval?(run: Run, id: string, state: StateOf<F, O>): Promise<void>;
  /** What a refused delete means if the object may stay: a warning. @default the error is thrown */
  mayStay?(error: unknown, state: StateOf<F, O>): string | undefined;
  /** The call that removes an object. @default what `removal` says, else DELETE of its path */
  readonly remove?: (path: string) => Write;
}

/** The call that makes an object. */
export type NewObject<L> = Omit<Write, "method" | "path"> & {
  /** @default POST */
  readonly method?: Write["method"];
  /** @default the path of the list */
  readonly path?: string;
} & Partial<Answering<L>>;

/** A change of an object that is there. */
export interface Change<F extends Fields, O extends object, L extends object, B extends object> {
  readonly run: Run;
  readonly id: string;
  /** As the service has it. */
  readonly now: L;
  readonly wanted: InputsOf<F>;
  /** As the state has it; absent if no state has it yet. */
  readonly old?: StateOf<F, O>;
  /** Of an object that is being adopted: what it was like. */
  readonly found?: B;
  /** Path of the object at the service. */
  readonly path: string;
  /** In a rollback: the values to give back, as far as they are not `wanted` by the same name. */
  readonly givenBack?: Partial<B>;
  /**
   * Writes, with an intent that holds the values from before and those that the write makes.
   * @param after what the write makes of the kind's `priorValues`
   */
  readonly write: {
    <T>(call: Write & Answering<T>, after: Partial<B>): Promise<T>;
    (call: Write, after: Partial<B>): Promise<void>;
  };
}

/** How objects are adopted that exist already. */
export interface Adoption<F extends Fields, O extends object, L extends object, B extends object> {
  /** Error code by which the service refuses a second object of a name. */
  readonly taken?: string;
  /** Whether an object that nobody may adopt is seen before the service is asked. @default its refusal is waited for */
  readonly looksFirst?: boolean;
  /**
   * Whether a delete of the stack's own may leave the object, so that a create that meets it goes on with it.
   * @default what was deleted in this run can only still be in a list
   */
  readonly mayBeLeft?: boolean;
  /** Whether an object that is not the stack's own may be taken. @default it may */
  may?(run: Run, live: L, inputs: InputsOf<F>): boolean | Promise<boolean>;
  /** What it was like. @default the kind's `priorValues` */
  found?(run: Run, id: string, live: L, inputs: InputsOf<F>): Promise<B>;
  /** The values as the state has them. */
  toOutputs(before: B): Partial<O>;
  /** The opposite; undefined if the state's object is no adopted one. */
  ofState(state: Partial<O>): Partial<B> | undefined;
  /** The values that a log must hold. Absent if there are none to be given back: the log then has nothing to say of it. */
  readonly before?: z.ZodType<B>;
  /**
   * Gives the values back; `wanted` of the change has them. @default the kind's `converge`
   * @returns whether the object had other values that `priorValues` does not tell
   */
  giveBack?(change: Change<F, O, L, B>, before: B): Promise<boolean>;
}
