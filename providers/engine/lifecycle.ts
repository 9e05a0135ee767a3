import { isDeepStrictEqual } from "node:util";
import type { Answering } from "../../lib/api/fabricCall.ts";
import { isFabricError } from "../../lib/api/fabricError.ts";
import { inLog, valuesToGiveBack } from "../../lib/transactions/written.ts";
import type { FormerObject } from "../run/formerStates.ts";
import type { Run, Write } from "../run/run.ts";
import { changeOf, giveBack, givingBack, removeObject, valuesBefore } from "./change.ts";
import { sameIgnoringCase } from "./field.ts";
import type { Fields, InputsOf } from "./field.ts";
import { deleteOrGone, mayMeanGone } from "./gone.ts";
import {
  find,
  firstLook,
  holderIn,
  idOfLive,
  list,
  listUnlessGone,
  observe,
  present,
  readAlone,
} from "./liveObject.ts";
import type { AnyObjectKind, Live, ObjectKind } from "./objectKind.ts";
import { collectionPath, parseId, workspaceOf } from "./place.ts";
import type { Made, ResourceKind, StateOf } from "./resourceKind.ts";
import { inTurnOf, isNameFreed, ownHolder, withoutTemporaryName } from "./ownHolder.ts";
import { keptForOthers } from "./threeWays.ts";
import { createIntent, defineUndo } from "./undo.ts";
import type { Undo } from "./undo.ts";

/*
 * Create, read, update and delete for an object that has a name, appears in a list, and is made by one call; also how to undo
 * its create or adoption. All of them are derived from the declaration of the kind (`objectKind.ts`).
 */

type State = StateOf<Fields, object>;

/** Declares a kind by its objects; the types of its fields and answers are inferred. */
export const defineObjectKind =
  <O extends object>() =>
  <const F extends Fields, L extends object, N extends object, B extends object>(
    kind: ObjectKind<F, O, L, N, B>,
  ): ResourceKind<F, O> => {
    const any = kind as unknown as AnyObjectKind;
    return { heedsOthers: true, ...kind, ...lifecycleOf(any), undo: undoOf(any) } as unknown as ResourceKind<F, O>;
  };

type Lifecycle = Required<Pick<ResourceKind, "create" | "read" | "update" | "delete" | "existing" | "giveBackValues">>;

function lifecycleOf(kind: AnyObjectKind): Lifecycle {
  /** Values that others have changed and that the update must keep. */
  const others = async (run: Run, id: string, { now, old, inputs }: { now: Live; old: State; inputs: Live }) => {
    const live = (await kind.valuesOf(now, unaware(run), id, old)) as Live;
    const named = withoutTemporaryName(live, id, inputs["displayName"]);
    return keptForOthers(run, kind, id, { state: { ...old }, live: named, wanted: inputs });
  };

  return {
    async create(run, inputs, exists) {
      const names = await kind.namesOf(run, inputs);
      const intent = createIntent(
        { name: kind.name, undo: { compensation: kind.compensation } },
        kind.nameOf(inputs),
        names,
      );
      const idOf = (live: Live) => idOfLive(kind, live, names);

      const taken = run.isRollback ? await takenAway(run, kind, names, inputs) : undefined;
      if (taken) return taken;
      const recovered = run.isRollback ? await kind.recover?.(run, inputs, intent) : undefined;
      if (recovered) return goOn(run, recovered);

      const { adoption } = kind;
      const { workspaceId } = holderIn(names);
      const isNew = workspaceId !== undefined && run.isNewWorkspace(workspaceId);
      const before = isNew ? undefined : await firstLook(run, kind, names);
      const isBegun = before !== undefined && (await run.wasBegun(kind.name, names));
      const existing = before && !isBegun ? await existingOne(before, adoption?.looksFirst === true) : undefined;
      if (existing && existing !== "renamed") return existing;
      try {
        return await makeAnew(before === undefined || existing === "renamed");
      } catch (error) {
        if (adoption?.taken === undefined || !isFabricError(error, adoption.taken)) throw error;
        const found = await find(run, kind, names);
        const instead = found && (await existingOne(found, true));
        if (!instead) throw error;
        return instead === "renamed" ? await makeAnew(true) : instead;
      }

      /** @param wasFree whether nothing had the name just before */
      async function makeAnew(wasFree: boolean): Promise<Made<object>> {
        const call = await kind.make(run, inputs);
        const make = () =>
          run.create(
            intent,
            {
              method: "POST",
              path: collectionPath(kind.place, holderIn(names)),
              operation: `create ${kind.title(inputs)}`,
              answer: kind.shape,
              ...call,
            } as Write & Answering<Live & { id: string }>,
            {
              find: () => find(run, kind, names) as Promise<(Live & { id: string }) | undefined>,
              wasFree,
              isPlausible: async (live: Live) => (await kind.isPlausible?.(run, idOf(live))) ?? true,
            },
          );
        const made = await (kind.making ? kind.making(run, inputs, make) : make());
        if (run.isOfEarlierRun(made.id)) return await goOn(run, made);
        const id = idOf(made);
        exists({ id, outputs: { ...kind.outputsOf?.(made), ...kind.doubtful?.(inputs, false) } });
        const settled = await kind.settle?.(changeOf(run, kind, { id, now: made, wanted: inputs }));
        return { id, outputs: { ...kind.outputsOf?.(made), ...settled } };
      }

      /**
       * Takes an object that has the name, if that is allowed.
       * @param mayAdopt whether an object that is not the stack's own may be taken now
       * @returns "renamed" if the name is free again; undefined if nobody may take the object
       */
      async function existingOne(live: Live, mayAdopt: boolean): Promise<Made<object> | "renamed" | undefined> {
        const own = await ownHolder(run, kind, live, { names, title: kind.title(inputs) });
        if (own === "renamed") return own;
        if (own === undefined) return mayAdopt ? adopt(run, live) : undefined;
        const state = (await run.formerState(kind.name, idOf(live))) ?? {};
        return adoption?.ofState(state) ? adopt(run, live, state) : goOn(run, live);
      }

      /** Continues with an existing object of this stack. */
      async function goOn(run: Run, live: Live): Promise<Made<object>> {
        const id = idOf(live);
        exists({ id, outputs: { ...kind.outputsOf?.(live), ...kind.doubtful?.(inputs, false) } });
        return { id, outputs: { ...kind.outputsOf?.(live), ...(await converge({ run, id, now: live })) } };
      }

      /** @returns undefined if the object must not be adopted */
      async function adopt(run: Run, live: Live, continued?: object): Promise<Made<object> | undefined> {
        if (!adoption) return undefined;
        const id = idOf(live);
        const left = adoption.mayBeLeft ? await run.formerState(kind.name, id) : run.released(kind.name, id);
        const former = continued ?? left;
        const had = former && adoption.ofState(former);
        if (former && !had) return adoption.mayBeLeft ? goOn(run, live) : undefined;
        if (!former && !((await adoption.may?.(run, live, inputs)) ?? true)) return undefined;
        const found = (await adoption.found?.(run, id, live, inputs)) ?? kind.priorValues(live);
        const object = { resourceType: kind.name, resourceName: kind.nameOf(inputs), resourceId: id };
        const values = adoption.before ? await run.adopt(object, had ?? found) : (had ?? found);
        const adopted = { ...kind.outputsOf?.(live), ...adoption.toOutputs(values) };
        exists({ id, outputs: { ...adopted, ...kind.doubtful?.(inputs, true) } });
        return { id, outputs: { ...adopted, ...(await converge({ run, id, now: live, found })) } };
      }

      async function converge(change: { run: Run; id: string; now: Live; found?: Live }): Promise<object> {
        return (await kind.converge?.(changeOf(change.run, kind, { ...change, wanted: inputs }))) ?? {};
      }
    },

    async read(run, id, state) {
      const live = await (kind.observe ? kind.observe(run, id, state) : observe(run, kind, id, state));
      if (live === "gone") return "gone";
      return { inputs: await kind.valuesOf(live, run, id, state), outputs: kind.outputsOf?.(live) ?? {} };
    },

    async update(run, id, old, inputs) {
      try {
        return await inTurnOf(run, kind, id, () => converged());
      } catch (error) {
        const names = { ...parseId(kind.place, id), ...inputs };
        if (!(await isNameFreed(run, kind, id, { names, error }))) throw error;
        return await inTurnOf(run, kind, id, () => converged());
      }

      async function converged() {
        const now = await readAlone(run, kind, id, { ...inputs, ...outputsIn(kind, old) });
        const written = await run.writtenTo(kind.name, id);
        const live = withoutTemporaryName(kind.priorValues(now), id, written?.before["displayName"]);
        const found = written && valuesToGiveBack(live, written, inputs).values;
        const back = found && withIdsOfNow(found, (await run.formerState<Live>(kind.name, id)) ?? {}, inputs);
        const kept = run.isRollback ? [] : await others(run, id, { now, old, inputs });
        const wanted = { ...inputs, ...Object.fromEntries(kept.map(({ property, live }) => [property, live])) };
        const change = { id, now, wanted, old };
        const changed = await kind.converge?.(changeOf(run, kind, back ? givingBack(kind, change, back) : change));
        return { ...kind.outputsOf?.(now), ...changed };
      }
    },

    async delete(run, id, state) {
      const had = kind.adoption?.ofState(state);
      try {
        await deleteOrGone(run, workspaceOf(kind.place, id), async () => {
          const why = await kind.stays?.(run, id, state);
          if (why !== undefined) return run.warn(why);
          if (had) return void (await giveBack(run, kind, id, had, state));
          await kind.beforeRemoval?.(run, id, state);
          await removeObject(run, kind, id, kind.nameOf(state), state, await valuesBefore(run, kind, id));
        });
      } catch (error) {
        const stays = kind.mayStay?.(error, state);
        if (stays === undefined) throw error;
        run.warn(stays);
      }
    },

    async giveBackValues(run, id, written, state) {
      const now = await readAlone(run, kind, id, state);
      const live = kind.priorValues(now);
      const named = withoutTemporaryName(live, id, written.before["displayName"]);
      const { values, kept } = valuesToGiveBack(named, written, state);
      const isChanged = !isDeepStrictEqual(inLog(live), inLog({ ...live, ...values }));
      const change = { id, now, wanted: state, old: state };
      if (isChanged) await kind.converge?.(changeOf(run, kind, givingBack(kind, change, values)));
      const left = kept.map(
        (property) =>
          `its ${property} was changed by somebody else since this deployment wrote to it, and stays; before, it was ` +
          JSON.stringify(written.before[property] ?? null),
      );
      return { isChanged, left };
    },

    async existing(run, holder) {
      const names = { ...holder };
      const own: readonly Live[] = kind.find ? present(await kind.find(run, names)) : await list(run, kind, names);
      return Promise.all(
        own
          .filter((live) => kind.isMadeByPeople?.(live) ?? true)
          .map(async (live) => {
            const id = idOfLive(kind, live, names);
            const inputs = { ...names, ...(await kind.valuesOf(live, run, id, {})) };
            return { id, inputs, outputs: kind.outputsOf?.(live) ?? {} };
          }),
      );
    },
  };
}

/**
 * Handles an object of a rollback's saved state that others have deleted, before the transaction or since. The object stays
 * away. The result repeats the saved state, so that the next refresh shows the deletion. Undefined in every other case.
 */
async function takenAway(
  run: Run,
  kind: AnyObjectKind,
  names: Live,
  inputs: InputsOf<Fields>,
): Promise<Made<object> | undefined> {
  const isIt = ({ state }: FormerObject) =>
    Object.keys(kind.fields).every((name) => isDeepStrictEqual(state[name], inputs[name]));
  const former = (await run.formerObjects(kind.name)).find(isIt);
  if (!former) return undefined;
  const workspaceId = workspaceOf(kind.place, former.id);
  const isOurDelete =
    run.released(kind.name, former.id) !== undefined ||
    (await run.wasDeletedByTransaction(kind.name, former.id)) ||
    (workspaceId !== undefined && (await run.wasDeletedByTransaction("Workspace", workspaceId)));
  if (isOurDelete || (await findUnlessGone(run, kind, names))) return undefined;
  run.warn(`${kind.title(inputs)} was taken away by somebody else: it is not given back.`);
  return { id: former.id, outputs: former.state };
}

/** Finds the object with these names. If its workspace or item is gone, the object is gone as well. */
async function findUnlessGone(run: Run, kind: AnyObjectKind, names: Live): Promise<Live | undefined> {
  try {
    return await find(run, kind, names);
  } catch (error) {
    if (mayMeanGone(error)) return undefined;
    throw error;
  }
}

/** How to undo a create or an adoption of the kind that no state holds. */
function undoOf(kind: AnyObjectKind): Undo {
  const { adoption } = kind;
  return defineUndo<Live, Live>({
    compensation: kind.compensation,
    names: kind.names,
    async find(run, names, resourceId) {
      if (kind.find) return (await kind.find(run, names)) && idOfLive(kind, {}, names);
      const all = await listUnlessGone(run, kind, names);
      const found = all.find((live) =>
        resourceId === undefined
          ? kind.isNamed(live, names)
          : sameIgnoringCase(idOfLive(kind, live, names), resourceId),
      );
      return found && idOfLive(kind, found, names);
    },
    async assertOwn(run, id, names) {
      if ((await kind.isPlausible?.(run, id)) ?? true) return;
      throw new Error(
        kind.notOurs?.(id, names) ?? `it may be somebody else's: it was not touched. Look whose it is (${id}).`,
      );
    },
    async remove(run, id, name) {
      await deleteOrGone(run, workspaceOf(kind.place, id), () => removeObject(run, kind, id, name));
      return true;
    },
    ...(adoption?.before && {
      giveBack: {
        before: adoption.before,
        work: (run: Run, id: string, before: Live) => giveBack(run, kind, id, before),
      },
    }),
  });
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

/** A run that compares plain values only: it ignores contents, and updates that earlier runs left half-done. */
const unaware = (run: Run): Run => ({ ...run, watchesContent: false, undoOf: () => Promise.resolve(undefined) });

/** The outputs among the properties of a state. */
const outputsIn = (kind: AnyObjectKind, state: State): object =>
  Object.fromEntries(kind.outputs.map((name) => [name, (state as Readonly<Record<string, unknown>>)[name]]));
