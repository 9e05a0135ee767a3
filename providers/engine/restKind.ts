import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { idShape } from "../../lib/api/objects.ts";
import type { Run } from "../run/run.ts";
import { lookUntil } from "../run/waits.ts";
import type { ConfigEntry } from "./entry.ts";
import { isUnknown, sameIgnoringCase } from "./field.ts";
import type { Fields, InputsOf } from "./field.ts";
import { unlessGoneWith } from "./gone.ts";
import { defineObjectKind } from "./lifecycle.ts";
import type { Change, Live } from "./objectKind.ts";
import { collectionPath } from "./place.ts";
import type { Place } from "./place.ts";
import type { ResourceKind } from "./resourceKind.ts";
import { idInLog, nameInLog } from "./undo.ts";

/** A kind whose objects the service makes, changes and deletes by plain REST calls: a table of its routes and fields. */
export interface RestKind<
  F extends Fields,
  S extends z.ZodObject,
  K extends keyof z.output<S> & string = keyof z.output<S> & string,
> {
  /** `ManagedPrivateEndpoint`: a part of the resources' type, and so of every state. */
  readonly name: string;
  /** In words: `managed private endpoint`. */
  readonly noun: string;
  readonly place: Place;
  /**
   * Inputs by their names in request bodies. The ids of the holder (`workspaceId`, `itemId`) and `adopt` are not sent. PATCH
   * sends the fields that change in place and differ; null unsets a field that is not declared any more.
   */
  readonly fields: F;
  /** Fields that identify an object within its holder; none if a holder has only one. */
  readonly named: readonly (keyof F & string)[];
  /** Shape of the service's objects. A refresh compares fields of the shape; other fields keep their values from the state. */
  readonly shape: S;
  /** Whether people made the object: objects that the service itself makes are not imported. @default true */
  readonly isMadeByPeople?: (live: z.output<S>) => boolean;
  /** For a kind with one object per workspace: the object within the answer of its path; undefined if there is none. */
  readonly within?: (answer: Live) => unknown;
  /** Outputs of the resource: properties of the answer that are not inputs. */
  readonly outputs: readonly K[];
  /** Last part of the path that makes an object, if that is not its list. */
  readonly creation?: string;
  /** How an object is removed, if not by DELETE of its path. */
  readonly removal?: NonNullable<ResourceKind["removal"]>;
  /**
   * Error code by which the service refuses a second object of the same name. The existing object is adopted if the kind has no
   * field `adopt`, or the field is true.
   */
  readonly taken?: string;
  /** How to wait until an object is ready for use. */
  readonly readiness?: Readiness<z.output<S>>;
  /** Whether objects of one holder are made one after the other, because the service refuses parallel creates. @default false */
  readonly isMadeInTurn?: boolean;
  /** Description of what a delete loses. Such an object is protected while `fabric:protectData` is on. */
  readonly loses?: string;
  /** The kind's entry in the stack's configuration. */
  readonly entry: ConfigEntry;
}

/** How to wait until an object is ready. */
export interface Readiness<L> {
  /** Progress of an object. */
  stateOf(live: L): "ready" | "waiting" | "failed";
  /** Longest wait, in ms. */
  readonly deadlineMs: number;
  /** Remedy for an object that failed. */
  readonly remedy: string;
}

/** Inputs that hold the ids of an object's holder. Request bodies do not contain them. */
const HOLDERS = ["workspaceId", "itemId"];

/** The output of kinds whose objects can be adopted. */
interface MaybeAdopted {
  /** The values that the object had; only for one that existed before. */
  readonly adopted?: Readonly<Record<string, unknown>> | undefined;
}

/** Declares a kind by its routes and fields. */
export function restKind<const F extends Fields, S extends z.ZodObject, const K extends keyof z.output<S> & string>(
  kind: RestKind<F, S, K>,
): ResourceKind<F, Pick<z.output<S>, K> & MaybeAdopted> {
  const { name, noun, place, named, within, outputs, creation, readiness, taken } = kind;
  const fields: Fields = kind.fields;
  const shape = kind.shape as unknown as z.ZodType<Live>;
  const holders = Object.keys(fields).filter((field) => HOLDERS.includes(field));
  const sent = Object.keys(fields).filter((field) => !HOLDERS.includes(field) && field !== "adopt");
  const told = sent.filter((field) => field in kind.shape.shape);
  const nameOf = (inputs: object) => named.map((field) => wordOf(valueOf(inputs, field))).join(" ");
  const title = (inputs: object) => (named.length === 0 ? noun : `${noun} '${nameOf(inputs)}'`);
  // if the service leaves a value out, the field's default takes its place
  const valuesOf = (live: Live) =>
    Object.fromEntries(told.map((field) => [field, live[field] ?? fields[field]?.schema.safeParse(undefined).data]));

  const isSingle = "of" in place;
  // the workspace's own answer always has an id, so an answer without an id comes from elsewhere
  const singleShape = z
    .looseObject(isSingle && place.path === "" ? { id: idShape } : {})
    .transform((answer: Live) => (within ? within(answer) : answer))
    .pipe(shape.nullish());
  /** The answer to a PATCH: the object. Nothing in it is read. */
  const changedShape: z.ZodType = isSingle ? singleShape : z.object({ id: idShape });
  /** Reads the only object of its kind in a workspace. Its id is the workspace's. */
  const readSingle = async (run: Run, workspaceId: string): Promise<Live | undefined> => {
    const path = collectionPath(place, { workspaceId });
    const found = await run.get(path, `read the ${noun}`, singleShape);
    return found ? { ...found, id: workspaceId } : undefined;
  };
  const single = {
    find: (run: Run, { workspaceId }: Live) => readSingle(run, String(workspaceId)),
    observe: async (run: Run, id: string): Promise<Live | "gone"> =>
      (await unlessGoneWith(run, id, () => readSingle(run, id))) ?? "gone",
  };

  const whenReady = async ({ run, id, now, wanted, path }: Change<Fields, object, Live, Live>): Promise<object> => {
    if (!readiness) return {};
    const { deadlineMs } = readiness;
    const read = () => (isSingle ? readSingle(run, id) : run.get(path, `read ${title(wanted)}`, shape));
    let known: Live | undefined = now;
    const ready = await lookUntil(run.clock, { firstMs: 500, mostMs: 30_000, deadlineMs }, async () => {
      const live = known ?? (await read());
      known = undefined;
      const state = live ? readiness.stateOf(live as z.output<S>) : "waiting";
      if (state === "failed") throw new Error(`${title(wanted)} failed at the service. ${readiness.remedy}`);
      return live && state === "ready" ? pick(live, outputs) : undefined;
    });
    if (ready) return ready;
    const minutes = Math.round(deadlineMs / 60_000);
    throw new Error(`${title(wanted)} is not ready after ${minutes} minutes. Run again to go on waiting.`);
  };

  const made = defineObjectKind<object>()<Fields, Live, Live, Live>({
    name,
    noun,
    fields,
    place,
    shape,
    plural: `${noun}s`,
    compensation: `delete${name}`,
    restores: [`restore${name}`],
    outputs: [...outputs, ...(taken === undefined ? [] : ["adopted"])] as unknown as readonly never[],
    title,
    nameOf: (inputs) => nameOf(inputs) || noun,
    entry: kind.entry,
    ...(kind.loses !== undefined && { loses: kind.loses, holdsData: () => kind.loses }),
    ...(kind.removal && { removal: kind.removal }),
    ...(isSingle && single),
    isMadeByPeople: (live) => kind.isMadeByPeople?.(live as z.output<S>) ?? true,

    names: z.object({
      ...Object.fromEntries(holders.map((field) => [field, idInLog])),
      ...Object.fromEntries(named.map((field) => [field, nameInLog])),
    }),
    namesOf: (_run, inputs) => pick(inputs, [...holders, ...named]),
    isNamed: (live, names) => named.every((field) => sameIgnoringCase(wordOf(live[field]), wordOf(names[field]))),

    make: (_run, inputs) => ({
      ...(sent.length > 0 && { body: pick(inputs, sent) }),
      ...(creation !== undefined && { path: `${collectionPath(place, pick(inputs, holders))}/${creation}` }),
      ...(isSingle && { answer: shape.transform((live) => ({ ...live, id: String(inputs["workspaceId"]) })) }),
    }),
    settle: whenReady,
    priorValues: valuesOf,
    valuesOf,
    outputsOf: (live) => pick(live, outputs),

    async converge(change) {
      const { now, wanted, path, write } = change;
      const values = valuesOf(now);
      const isOther = (field: string) => {
        const isSame = fields[field]?.same ?? isDeepStrictEqual;
        return !isSame(values[field] as never, wanted[field] as never);
      };
      const differing = told.filter((field) => fields[field]?.change === "update" && isOther(field));
      // null unsets a value that is not declared any more: a body without the value would leave it as it is
      const body = Object.fromEntries(differing.map((field) => [field, valueOf(wanted, field) ?? null]));
      if (differing.length > 0) await write({ method: "PATCH", path, body, answer: changedShape }, body);
      return whenReady(change);
    },
    ...(taken !== undefined && {
      adoption: {
        taken,
        may: (_run: Run, _live: Live, inputs: InputsOf<Fields>) => !("adopt" in fields) || inputs["adopt"] === true,
        before: z.record(z.string(), z.unknown()),
        toOutputs: (adopted: Live) => ({ adopted }),
        ofState: (state: object) => valueOf(state, "adopted") as Live | undefined,
      },
    }),
  });
  return (kind.isMadeInTurn ? inTurn(made, holders) : made) as unknown as ResourceKind<
    F,
    Pick<z.output<S>, K> & MaybeAdopted
  >;
}

/** The same kind, but each holder's objects are made one at a time: the next create waits until the last object is ready. */
const inTurn = (kind: ResourceKind, holders: readonly string[]): ResourceKind => ({
  ...kind,
  create: (run, inputs, exists) =>
    run.inTurn(JSON.stringify([kind.name, pick(inputs, holders)]), () => kind.create(run, inputs, exists)),
});

const valueOf = (from: object, key: string): unknown => Reflect.get(from, key);

const wordOf = (value: unknown): string => (typeof value === "string" && !isUnknown(value) ? value : "?");

/** A part of an object; keys without a value are left out. */
const pick = (from: object, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.flatMap((key) => (valueOf(from, key) === undefined ? [] : [[key, valueOf(from, key)]])));
