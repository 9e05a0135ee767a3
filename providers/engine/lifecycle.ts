import { isDeepStrictEqual } from "node:util";
import { nothing } from "../../lib/api/answer.ts";
import type { Answering } from "../../lib/api/fabricCall.ts";
import { isFabricError } from "../../lib/api/fabricError.ts";
import { inLog, valuesToGiveBack } from "../../lib/transactions/written.ts";
import type { Run, Write } from "../run/run.ts";
import { sameIgnoringCase } from "./field.ts";
import type { Fields } from "./field.ts";
import { deleteOrGone, isItemGone, mayMeanGone, readOrGone } from "./gone.ts";
import type { AnyObjectKind, Change, Live, ObjectKind } from "./objectKind.ts";
import { collectionPath, formatId, parseId, pathOf, workspaceOf } from "./place.ts";
import type { Holder } from "./place.ts";
import type { Made, ResourceKind, StateOf } from "./resourceKind.ts";
import { createIntent, defineUndo } from "./undo.ts";
import type { Undo } from "./undo.ts";

/*
 * What create, read, update and delete mean for an object that is made by one call, has a name, and stands in a list, and how
 * its create or adoption is undone. All of it follows from what its kind declares (`objectKind.ts`).
 */

type State = StateOf<Fields, object>;

/** Declares a kind by its objects; the types of its fields and answers are inferred. */
export const defineObjectKind =
  <O extends object>() =>
  <const F extends Fields, L extends object, N extends object, B extends object>(
    kind: ObjectKind<F, O, L, N, B>,
  ): ResourceKind<F, O> => {
    const any = kind as unknown as AnyObjectKind;
    return { ...kind, ...lifecycleOf(any), undo: undoOf(any) } as unknown as ResourceKind<F, O>;
  };

type Lifecycle = Required<Pick<ResourceKind, "create" | "read" | "update" | "delete" | "existing" | "giveBackValues">>;

function lifecycleOf(kind: AnyObjectKind): Lifecycle {
  return {
    async create(run, inputs, exists) {
      const names = await kind.namesOf(run, inputs);
      const intent = createIntent(
        { name: kind.name, undo: { compensation: kind.compensation } },
        kind.nameOf(inputs),
        names,
      );
      const idOf = (live: Live) => idOfLive(kind, live, names);

      const taken = run.isRollback ? await takenAway(run, kind, names) : undefined;
      if (taken) return taken;
      const recovered = run.isRollback ? await kind.recover?.(run, inputs, intent) : undefined;
      if (recovered) return goOn(run, recovered);

      const { adoption } = kind;
      const { workspaceId } = holderIn(names);
      const isNew = workspaceId !== undefined && run.isNewWorkspace(workspaceId);
      const before = isNew ? undefined : await firstLook(run, kind, names);
      if (before && adoption?.looksFirst && !(await run.wasBegun(kind.name, names))) {
        const adopted = await adopt(run, before);
        if (adopted) return adopted;
      }
      try {
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
              wasFree: before === undefined,
              isPlausible: async (live: Live) => (await kind.isPlausible?.(run, idOf(live))) ?? true,
            },
          );
        const made = await (kind.making ? kind.making(run, inputs, make) : make());
        if (run.isReclaimed(made.id)) return await goOn(run, made);
        const id = idOf(made);
        exists({ id, outputs: { ...kind.outputsOf?.(made), ...kind.doubtful?.(inputs, false) } });
        const settled = await kind.settle?.(changeOf(run, kind, { id, now: made, wanted: inputs }));
        return { id, outputs: { ...kind.outputsOf?.(made), ...settled } };
      } catch (error) {
        if (adoption?.taken === undefined || !isFabricError(error, adoption.taken)) throw error;
        const found = await find(run, kind, names);
        const adopted = found && (await adopt(run, found));
        if (!adopted) throw error;
        return adopted;
      }

      /** Goes on with an object of the stack's own that is there already. */
      async function goOn(run: Run, live: Live): Promise<Made<object>> {
        const id = idOf(live);
        exists({ id, outputs: { ...kind.outputsOf?.(live), ...kind.doubtful?.(inputs, false) } });
        return { id, outputs: { ...kind.outputsOf?.(live), ...(await converge({ run, id, now: live })) } };
      }

      /** @returns undefined if nobody may take the object */
      async function adopt(run: Run, live: Live): Promise<Made<object> | undefined> {
        if (!adoption) return undefined;
        const id = idOf(live);
        const former = adoption.mayBeLeft ? await run.formerState(kind.name, id) : run.released(kind.name, id);
        const had = former && adoption.ofState(former);
        if (former && !had) return adoption.mayBeLeft ? goOn(run, live) : undefined;
        // one that was given back stays adopted, whatever is declared
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
      const now = await readAlone(run, kind, id, { ...inputs, ...outputsIn(kind, old) });
      const written = await run.writtenTo(kind.name, id);
      const back = written && valuesToGiveBack(kind.priorValues(now), written, inputs).values;
      const change = { id, now, wanted: inputs, old };
      const changed = await kind.converge?.(changeOf(run, kind, back ? givingBack(kind, change, back) : change));
      return { ...kind.outputsOf?.(now), ...changed };
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
      const { values, kept } = valuesToGiveBack(live, written, state);
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
        own.map(async (live) => {
          const id = idOfLive(kind, live, names);
          const inputs = { ...names, ...(await kind.valuesOf(live, run, id, {})) };
          return { id, inputs, outputs: kind.outputsOf?.(live) ?? {} };
        }),
      );
    },
  };
}

/**
 * A right that the saved state of a rollback has and somebody else has taken away since: it stays away, and the state says what
 * it did before, so that the next refresh shows it. Undefined for everything else.
 */
async function takenAway(run: Run, kind: AnyObjectKind, names: Live): Promise<Made<object> | undefined> {
  if (!kind.rightIn) return undefined;
  const id = formatId(kind.place, { ...holderIn(names), id: kind.rightIn(names) });
  const saved = await run.formerState(kind.name, id);
  const isOurDelete = run.released(kind.name, id) !== undefined || (await run.wasDeletedByTransaction(kind.name, id));
  if (!saved || isOurDelete || (await find(run, kind, names))) return undefined;
  run.warn(`${kind.title(names)} was taken away by somebody else since: it is not given back.`);
  return { id, outputs: saved };
}

/** How a create or an adoption of the kind is undone, if no state knows of it. */
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

/** The id of a resource for an object of the service. */
function idOfLive(kind: AnyObjectKind, live: Live, names: Live): string {
  const holder = holderIn(names);
  const { place } = kind;
  const id = "of" in place ? holder.workspaceId : (kind.ownIdOf?.(live) ?? live["id"]);
  return formatId(place, { ...holder, id: String(id) });
}

const present = (live: Live | undefined): readonly Live[] => (live ? [live] : []);

/** What an object is in, by its names or inputs. */
const holderIn = ({ workspaceId, itemId }: Live): Holder => ({
  workspaceId: typeof workspaceId === "string" ? workspaceId : undefined,
  itemId: typeof itemId === "string" ? itemId : undefined,
});

/** The list that objects of these names are in, as it is now. */
const list = (run: Run, kind: AnyObjectKind, names: Live): Promise<readonly Live[]> =>
  run.list(collectionPath(kind.place, holderIn(names)), `list ${kind.plural}`, kind.shape);

/** The same; nothing is in an item that is gone. */
async function listUnlessGone(run: Run, kind: AnyObjectKind, names: Live): Promise<readonly Live[]> {
  const { workspaceId, itemId } = holderIn(names);
  try {
    return await list(run, kind, names);
  } catch (error) {
    if (!mayMeanGone(error) || workspaceId === undefined || itemId === undefined) throw error;
    if (await isItemGone(run, workspaceId, itemId)) return [];
    throw error;
  }
}

/** The same, asked for once in a run. */
const sharedList = (run: Run, kind: AnyObjectKind, holder: Holder): Promise<readonly Live[]> =>
  run.listOnce(collectionPath(kind.place, holder), `list ${kind.plural}`, kind.shape);

/** The object of these names, as it is now. */
async function find(run: Run, kind: AnyObjectKind, names: Live): Promise<Live | undefined> {
  if (kind.find) return kind.find(run, names);
  return (await list(run, kind, names)).find((live) => kind.isNamed(live, names));
}

async function firstLook(run: Run, kind: AnyObjectKind, names: Live): Promise<Live | undefined> {
  if (!kind.looksAtSharedList) return find(run, kind, names);
  return (await sharedList(run, kind, holderIn(names))).find((live) => kind.isNamed(live, names));
}

/** Calls an object at its path. */
const at = <T>(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  state: Partial<State> | undefined,
  call: (path: string) => Promise<T>,
): Promise<T> => (kind.at ? kind.at(run, id, state, call) : call(pathOf(kind.place, id)));

/** Reads an object by itself. */
async function readAlone(run: Run, kind: AnyObjectKind, id: string, known: Partial<State>): Promise<Live> {
  if (!kind.find) return at(run, kind, id, known, (path) => run.get(path, `read ${kind.title(known)}`, kind.shape));
  const live = await kind.find(run, { ...parseId(kind.place, id) });
  if (live) return live;
  throw new Error(`${kind.title(known)} is not there any more. Refresh, and the next up makes it again.`);
}

function observe(run: Run, kind: AnyObjectKind, id: string, state: State): Promise<Live | "gone"> {
  const holder = { ...parseId(kind.place, id) };
  return readOrGone(run, holder.workspaceId, {
    listed: () => sharedList(run, kind, holder),
    isIt: (live) => sameIgnoringCase(idOfLive(kind, live, holder), id),
    itemId: holder.itemId,
    alone: () => readAlone(run, kind, id, state),
  });
}

/** What is known of a change. */
type Changing = Pick<Change<Fields, object, Live, Live>, "id" | "now" | "wanted" | "old" | "found" | "givenBack">;

/** A change that makes an object as it was, instead of as the state believed that it was. */
const givingBack = (kind: AnyObjectKind, change: Changing, back: Live): Changing => {
  const own = Object.entries(back).filter(([name]) => kind.fields[name]?.change === "update");
  return { ...change, wanted: { ...change.wanted, ...Object.fromEntries(own) }, givenBack: back };
};

/** A change, with the writes that it may do: each names in its intent what there was before. */
function changeOf(run: Run, kind: AnyObjectKind, change: Changing): Change<Fields, object, Live, Live> {
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
  const write = <T>(call: Write & Partial<Answering<T>>, after: Live) =>
    run.write({ ...intent, after: inLog(after) }, { operation, ...call } as Write & Answering<T>);
  return { run, path: pathOf(kind.place, id), ...change, write };
}

/** The values of an object that is about to be deleted, if a rollback may want them: from a list that serves all of its holder. */
async function valuesBefore(run: Run, kind: AnyObjectKind, id: string): Promise<Live | undefined> {
  if (!run.definitions.isKeeping || kind.find) return undefined;
  const holder = { ...parseId(kind.place, id) };
  try {
    const live = (await sharedList(run, kind, holder)).find((one) => sameIgnoringCase(idOfLive(kind, one, holder), id));
    return live && kind.priorValues(live);
  } catch (error) {
    // a list that cannot be read does not keep an object from being deleted
    if (!isFabricError(error)) throw error;
    return undefined;
  }
}

/** Deletes an object. */
async function removeObject(
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
  await at(run, kind, resourceId, state, (path) =>
    run.write(intent, {
      operation,
      answer: nothing,
      ...removalCall(kind, path),
    }),
  );
}

function removalCall({ removal, remove }: AnyObjectKind, path: string): Write {
  if (remove) return remove(path);
  if (typeof removal === "object") return { method: "POST", path: `${path}/${removal.path}` };
  return { method: "DELETE", path };
}

/** Gives an adopted object its values back. @returns whether it had others */
async function giveBack(run: Run, kind: AnyObjectKind, id: string, before: Live, state?: State): Promise<boolean> {
  const { adoption } = kind;
  if (!adoption?.before) return false;
  const now = await readAlone(run, kind, id, { ...state, ...before });
  const prior = kind.priorValues(now);
  // a value that is not among them was absent; one that nothing changes in place cannot be given back
  const names = Object.keys(prior).filter((name) => kind.fields[name]?.change !== "replace");
  const isSame = names.every((name) => isDeepStrictEqual(prior[name], before[name]));
  const written = await run.writtenTo(kind.name, id);
  // in a rollback, what somebody else has changed since stays
  const back = written ? valuesToGiveBack(prior, { ...written, before }).values : before;
  const wanted = { ...state, ...prior, ...Object.fromEntries(names.map((name) => [name, back[name]])) };
  const change = changeOf(run, kind, { id, now, wanted, ...(state && { old: state }) });
  if (adoption.giveBack) return (await adoption.giveBack(change, before)) || !isSame;
  if (!isSame) await kind.converge?.(change);
  return !isSame;
}

/** The outputs among the properties of a state. */
const outputsIn = (kind: AnyObjectKind, state: State): object =>
  Object.fromEntries(kind.outputs.map((name) => [name, (state as Readonly<Record<string, unknown>>)[name]]));
