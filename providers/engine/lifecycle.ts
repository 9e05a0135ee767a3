import { isDeepStrictEqual } from "node:util";
import { inLog, valuesToGiveBack } from "../../lib/transactions/written.ts";
import type { Run } from "../run/run.ts";
import { createObject } from "./creation.ts";
import { changeOf, giveBack, givingBack, removeObject, valuesBefore, valuesFromBefore, valuesNow } from "./change.ts";
import { sameIgnoringCase } from "./field.ts";
import type { Fields } from "./field.ts";
import { deleteOrGone } from "./gone.ts";
import type { AfterDelete } from "./gone.ts";
import { idOfLive, list, listUnlessGone, observe, present, readAlone, readToChange } from "./liveObject.ts";
import type { AnyObjectKind, Live, ObjectKind } from "./objectKind.ts";
import { workspaceOf } from "./place.ts";
import type { ResourceKind, StateOf } from "./resourceKind.ts";
import { changedWithItsName, withoutTemporaryName } from "./ownHolder.ts";
import { keptForOthers } from "./threeWays.ts";
import { defineUndo } from "./undo.ts";
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
    create: (run, inputs, exists) => createObject(run, kind, inputs, exists),

    async read(run, id, state) {
      const live = await (kind.observe ? kind.observe(run, id, state) : observe(run, kind, id, state));
      if (live === "gone") return "gone";
      return { inputs: await kind.valuesOf(live, run, id, state), outputs: kind.outputsOf?.(live) ?? {} };
    },

    async update(run, id, old, inputs) {
      let wanted: Live = inputs;
      return changedWithItsName(run, kind, id, { change: converged, names: () => wanted });

      async function converged() {
        const now = await readToChange(run, kind, id, { old, known: { ...inputs, ...outputsIn(kind, old) } });
        const back = await valuesFromBefore(run, kind, id, { now, inputs });
        const kept = run.isRollback ? [] : await others(run, id, { now, old, inputs });
        const declared = { ...inputs, ...Object.fromEntries(kept.map(({ property, live }) => [property, live])) };
        const change = { id, now, wanted: declared, old };
        const whole = back ? givingBack(kind, change, back) : change;
        ({ wanted } = whole);
        const changed = await kind.converge?.(changeOf(run, kind, whole));
        return { ...kind.outputsOf?.(now), ...changed };
      }
    },

    async delete(run, id, state) {
      const had = kind.adoption?.ofState(state);
      const remove = async () => {
        const why = await kind.stays?.(run, id, state);
        if (why !== undefined) return run.warn(why);
        if (had) return void (await giveBack(run, kind, id, had, state));
        await kind.beforeRemoval?.(run, id, state);
        await removeObject(run, kind, id, kind.nameOf(state), state, await valuesBefore(run, kind, id, state));
      };
      try {
        await deleteOrGone(run, workspaceOf(kind.place, id), remove, afterDelete(run, kind, id, state));
      } catch (error) {
        const stays = kind.mayStay?.(error, state);
        if (stays === undefined) throw error;
        run.warn(stays);
      }
    },

    async giveBackValues(run, id, written, state) {
      let wanted: Live = state;
      const { isChanged, kept } = await changedWithItsName(run, kind, id, { change: given, names: () => wanted });
      const left = kept.map(
        (property) =>
          `its ${property} was changed by somebody else since this deployment wrote to it, and stays; before, it was ` +
          JSON.stringify(written.before[property] ?? null),
      );
      const content = await kind.giveBackContent?.(run, id, state);
      return { isChanged: isChanged || content?.isChanged === true, left: [...left, ...(content?.left ?? [])] };

      async function given() {
        const now = await readAlone(run, kind, id, state);
        const live = await valuesNow(run, kind, id, { now, written });
        const named = withoutTemporaryName(live, id, written.before["displayName"]);
        const { values, kept } = valuesToGiveBack(named, written, state);
        const isChanged = !isDeepStrictEqual(inLog(live), inLog({ ...live, ...values }));
        const change = givingBack(kind, { id, now, wanted: state, old: state }, values);
        ({ wanted } = change);
        if (isChanged) await kind.converge?.(changeOf(run, kind, change));
        return { isChanged, kept };
      }
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
      const remove = () => removeObject(run, kind, id, name);
      await deleteOrGone(run, workspaceOf(kind.place, id), remove, afterDelete(run, kind, id, {}));
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

/** What tells whether an object of the kind is there that a delete did not find. */
const afterDelete = (run: Run, kind: AnyObjectKind, id: string, state: Partial<State>): AfterDelete => ({
  read: () => readAlone(run, kind, id, state),
  // this run's own attempts are in its log as well
  mayBeDone: () => run.mayHaveDeleted(kind.name, id),
});

/** A run that compares plain values only: it ignores contents, and updates that earlier runs left half-done. */
const unaware = (run: Run): Run => ({ ...run, watchesContent: false, undoOf: () => Promise.resolve(undefined) });

/** The outputs among the properties of a state. */
const outputsIn = (kind: AnyObjectKind, state: State): object =>
  Object.fromEntries(kind.outputs.map((name) => [name, (state as Readonly<Record<string, unknown>>)[name]]));
