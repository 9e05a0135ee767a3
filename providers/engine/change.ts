import { isDeepStrictEqual } from "node:util";
import { nothing } from "../../lib/api/answer.ts";
import { isFabricError } from "../../lib/api/fabricError.ts";
import type { Intent } from "../../lib/transactions/entry.ts";
import { inLog, valuesToGiveBack } from "../../lib/transactions/written.ts";
import type { Written } from "../../lib/transactions/written.ts";
import type { Run, Write } from "../run/run.ts";
import type { Fields } from "./field.ts";
import { at, readAlone } from "./liveObject.ts";
import type { AnyObjectKind, Change, Live } from "./objectKind.ts";
import { withoutTemporaryName } from "./ownHolder.ts";
import { pathOf } from "./place.ts";
import type { StateOf } from "./resourceKind.ts";

/* Changes, restores and deletes objects of a kind, with the values that the log needs. */

type State = StateOf<Fields, object>;

/** The facts about a change. */
type Changing = Pick<Change<Fields, object, Live, Live>, "id" | "now" | "wanted" | "old" | "found" | "givenBack">;

/** A change that restores an object's real former values, instead of those in the state. */
export const givingBack = (kind: AnyObjectKind, change: Changing, back: Live): Changing => {
  const own = Object.entries(back).filter(([name]) => kind.fields[name]?.change === "update");
  return { ...change, wanted: { ...change.wanted, ...Object.fromEntries(own) }, givenBack: back };
};

/** The wanted values that an object does not have. What it has is not sent: somebody may have changed it since the look. */
export const differing = <T extends object>(before: Partial<T>, wanted: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => Reflect.get(before, name) !== value),
  ) as Partial<T>;

/** A change with its writes. The intent of each write holds the former values. */
export function changeOf(run: Run, kind: AnyObjectKind, change: Changing): Change<Fields, object, Live, Live> {
  const { id, now, wanted } = change;
  const [restore] = kind.restores ?? [];
  const before = kind.priorValues(now);
  const intent = {
    operation: "update",
    resourceType: kind.name,
    resourceName: kind.nameOf(wanted),
    resourceId: id,
    compensation: restore === undefined ? null : { function: restore, args: { id, ...before } },
    before: inLog(before),
  } as const;
  const operation = `update ${kind.title(wanted)}`;
  const write = <T>(call: Write<T>, after: Live) =>
    run.write({ ...intent, after: inLog(after) }, { operation, ...call });
  return { run: notingBefore(run, id, intent.before), path: pathOf(kind.place, id), ...change, write };
}

/**
 * A run whose other writes to an object note the object's values too, such as that of a definition. Without them, the engine's
 * restore of the object would take the state's values for those from before.
 */
function notingBefore(run: Run, id: string, before: Live): Run {
  const noted = (intent: Intent) =>
    intent.resourceId === id ? { ...intent, before: { ...before, ...intent.before } } : intent;
  return { ...run, write: (intent, call) => run.write(noted(intent), call) };
}

/**
 * Values of an object before its delete, if a rollback may need them. They are read just before, and not from a list: what
 * somebody has changed meanwhile goes with the object.
 */
export async function valuesBefore(run: Run, kind: AnyObjectKind, id: string, state: State): Promise<Live | undefined> {
  if (!run.definitions.isKeeping || kind.find) return undefined;
  // what cannot be read must not prevent the delete
  const values = await unlessRefused(async () => kind.priorValues(await readAlone(run, kind, id, state)));
  const names = kind.furtherNames?.(state) ?? [];
  if (!values || names.length === 0) return values;
  return { ...values, ...(await unlessRefused(async () => kind.furtherValues?.(run, id, names))) };
}

async function unlessRefused(read: () => Promise<Live | undefined>): Promise<Live | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isFabricError(error)) throw error;
    return undefined;
  }
}

/** Deletes an object. */
export async function removeObject(
  run: Run,
  kind: AnyObjectKind,
  resourceId: string,
  resourceName: string,
  state?: State,
  before?: Live,
): Promise<void> {
  const intent = {
    operation: "delete",
    resourceType: kind.name,
    resourceName,
    resourceId,
    ...(before && { before: inLog(before) }),
    compensation: null,
  } as const;
  const operation = `delete ${state ? kind.title(state) : `${kind.name} '${resourceName}'`}`;
  await at(run, kind, resourceId, state, (path) => run.write(intent, { operation, ...removalCall(kind, path) }));
}

function removalCall({ removal, remove }: AnyObjectKind, path: string): Write {
  if (remove) return remove(path);
  if (typeof removal === "object")
    return { method: "POST", path: `${path}/${removal.path}`, answer: nothing, replaySafe: true };
  return { method: "DELETE", path, answer: nothing };
}

/**
 * The present values of an object, with those that only other calls show, if the transaction that is rolled back wrote to them.
 */
export async function valuesNow(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { now, written }: { readonly now: Live; readonly written: Written | undefined },
): Promise<Live> {
  const further = written && (await kind.furtherValues?.(run, id, Object.keys(written.before)));
  return { ...kind.priorValues(now), ...further };
}

/**
 * In a rollback: the values that an object must have, if the transaction has written to it. What somebody has changed since
 * stays.
 * @param inputs those that the rollback declares
 */
export async function valuesFromBefore(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { now, inputs }: { readonly now: Live; readonly inputs: Live },
): Promise<Live | undefined> {
  const written = await run.writtenTo(kind.name, id);
  if (!written) return undefined;
  const values = await valuesNow(run, kind, id, { now, written });
  const live = withoutTemporaryName(values, id, written.before["displayName"]);
  const found = valuesToGiveBack(live, written, inputs).values;
  return withIdsOfNow(found, (await run.formerState<Live>(kind.name, id)) ?? {}, inputs);
}

/**
 * Replaces ids in the values to restore. The rollback declares the ids of objects that it has recreated in place of the saved
 * ids.
 * @param saved the former state
 * @param declared the inputs that the rollback declares
 */
const withIdsOfNow = (values: Live, saved: Live, declared: Live): Live =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const isRewired = name in declared && value === saved[name] && declared[name] !== saved[name];
      return [name, isRewired ? declared[name] : value];
    }),
  );

/** Restores the former values of an adopted object. @returns whether it had others */
export async function giveBack(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  before: Live,
  state?: State,
): Promise<boolean> {
  const { adoption } = kind;
  if (!adoption?.before) return false;
  const now = await readAlone(run, kind, id, { ...state, ...before });
  const written = await run.writtenTo(kind.name, id);
  const prior = await valuesNow(run, kind, id, { now, written });
  // a missing value was absent before; a value that cannot change in place cannot be restored
  const names = Object.keys(prior).filter((name) => kind.fields[name]?.change !== "replace");
  const further = Object.entries(written?.before ?? {}).filter(([name]) => !(name in kind.priorValues(now)));
  const had: Live = { ...Object.fromEntries(further), ...before };
  const isSame = names.every((name) => isDeepStrictEqual(prior[name], had[name]));
  // in a rollback, later edits stay
  const named = withoutTemporaryName(prior, id, had["displayName"]);
  const back = written ? valuesToGiveBack(named, { ...written, before: had }).values : before;
  const given = Object.fromEntries(names.map((name) => [name, back[name]]));
  const wanted = { ...state, ...prior, ...given };
  const change = changeOf(run, kind, { id, now, wanted, ...(state && { old: state }) });
  if (adoption.giveBack) return (await adoption.giveBack(change, { ...before, ...given })) || !isSame;
  if (!isSame) await kind.converge?.(change);
  return !isSame;
}
