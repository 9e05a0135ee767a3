import { isDeepStrictEqual } from "node:util";
import type { ConfigEntry } from "./entry.ts";
import type { Field, Fields, InputsOf } from "./field.ts";
import { isUnknown } from "./field.ts";
import type { Values, Written } from "../../lib/transactions/written.ts";
import type { Run } from "../run/run.ts";
import type { Holder, Place } from "./place.ts";
import type { Undo } from "./undo.ts";

/** What the state of an object holds: its inputs, the kind's own outputs, and where it lives. */
export type StateOf<F extends Fields, O extends object> = InputsOf<F> & O & { readonly origin?: string };

/** A new object. */
export interface Made<O extends object> {
  readonly id: string;
  readonly outputs: O;
}

/** An object as the service has it now. */
export interface Live<F extends Fields, O extends object> {
  /** The inputs that the service tells; the others stay as they are in state. */
  readonly inputs: Partial<InputsOf<F>>;
  readonly outputs?: Partial<O>;
}

/**
 * A resource kind, declared: what is special about it and nothing else. Checking by schema, diffs from field rules, the
 * shape of the state, half-made objects, errors and telemetry are the same for all and live in `handler.ts`.
 */
export interface ResourceKind<F extends Fields = Fields, O extends object = object> {
  /** `Workspace` of `pulumi-nodejs:dynamic/fabric:Workspace`. */
  readonly name: string;
  /** One of its objects in words: `Git connection`. */
  readonly noun: string;
  readonly fields: F;
  /** Where its objects stand at the service, and so what their ids are made of. */
  readonly place: Place;
  /** How its creates are undone by the log alone; absent if it makes nothing. */
  readonly undo?: Undo;
  /** Names of the compensations of its updates and deletes: the engine undoes those, from the saved checkpoint. */
  readonly restores?: readonly string[];
  /** What is lost with the object, in words: `its data`; undefined if it can be made again as it was. */
  holdsData?(inputs: Readonly<Record<string, unknown>>): string | undefined;
  /** What nobody can give back to an object that is made anew: `its approval`. A rollback that has to make it anew lists it. */
  readonly loses?: string;
  /** Where the stack's configuration declares it; absent if the program has other reasons to make it. */
  readonly entry?: ConfigEntry;
  /** How people take the object away, if not by DELETE of its path. */
  readonly removal?: { readonly method: "post"; readonly path: string } | "portal";
  /** Names of the outputs, so that programs can read them from the resource. */
  readonly outputs: readonly (keyof O & string)[];
  /** The object in words, for errors and the log: `workspace 'sales-dev'`. */
  title(inputs: Partial<InputsOf<F>>): string;
  /**
   * Completes inputs that each passed their schema: what can be derived offline, so that previews show it. Pure, and
   * deriving twice changes nothing. Values may be unknown.
   * @throws InputError for what no single field can see
   */
  derive?(inputs: InputsOf<F>): InputsOf<F>;
  /**
   * Makes the object.
   * @param exists to be called once the object is there and more steps follow: when one of those fails, the object stays
   *   in state as half-made, and the next update finishes it. Null takes it back, where the object was removed again.
   */
  create(run: Run, inputs: InputsOf<F>, exists: (made: Made<O> | null) => void): Promise<Made<O>>;
  /** The object as it is now, or `gone`, which needs proof (`gone.ts`). */
  read(run: Run, id: string, state: StateOf<F, O>): Promise<Live<F, O> | "gone">;
  /**
   * Makes the object as declared, whatever it is like now: looks first and sends only what differs, because the last
   * create or update may have ended half-way.
   */
  update(run: Run, id: string, old: StateOf<F, O>, inputs: InputsOf<F>): Promise<O>;
  /** All objects of its holder, for an import. */
  existing?(run: Run, holder: Holder): Promise<readonly (Made<Partial<O>> & Live<F, O>)[]>;
  /**
   * In a rollback: gives an object the values back that its transaction had found, unless somebody else has changed them since.
   * Absent for kinds whose log does not hold them.
   */
  giveBackValues?(run: Run, id: string, written: Written, state: Values): Promise<ValuesGivenBack>;
  /**
   * Whether its updates look for what others have changed (`threeWays.ts`), so that previews and refreshes do as well.
   * @default false: its objects are what others do
   */
  readonly heedsOthers?: boolean;
  /** Removes the object, or gives an adopted one back. Not finding it is success. */
  delete(run: Run, id: string, state: StateOf<F, O>): Promise<void>;
}

/** What became of the values of an object in a rollback. */
export interface ValuesGivenBack {
  /** Whether it had others. */
  readonly isChanged: boolean;
  /** What is not as before, each as a sentence without its subject's name. */
  readonly left: readonly string[];
}

/** Declares a kind with outputs `O`; only infers the types of its fields. */
export const defineKind =
  <O extends object>() =>
  <const F extends Fields>(kind: ResourceKind<F, O>): ResourceKind<F, O> =>
    kind;

/** Something wrong with one input. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly property: string;
  constructor(property: string, reason: string) {
    super(reason);
    this.property = property;
  }
}

/** What check found: the inputs to go on with, and what is wrong with them. */
export interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

/**
 * Inputs as the kind wants them: defaults filled in, values normalised, derived ones added; old spellings kept where
 * they mean the same. Pure and offline. `check(check(x))` is `check(x)`.
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
    return { inputs: withoutUndefined(kind.derive(inputs)), failures };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { inputs, failures: [{ property: error.property, reason: error.message }] };
  }
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

/** What the service tells of the inputs; where a value means the same as the one in state, in the state's spelling. */
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

/** What the engine is told of a change. Which properties changed is the engine's own finding: it compares inputs. */
export interface Diff {
  readonly replaces: string[];
}

/** Which of the changed inputs need a new object. Pure and offline. */
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
