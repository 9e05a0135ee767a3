import { isDeepStrictEqual } from "node:util";
import { isFabricError } from "../../lib/api/fabricError.ts";
import type { FabricError } from "../../lib/api/fabricError.ts";
import type { FormerObject } from "../run/formerStates.ts";
import type { Run, Write } from "../run/run.ts";
import { changeOf, givingBack, valuesFromBefore } from "./change.ts";
import type { Fields, InputsOf } from "./field.ts";
import { mayMeanGone } from "./gone.ts";
import { formerWorkspaceId } from "./formerWorkspace.ts";
import { find, firstLook, holderIn, idOfLive, list, readAlone } from "./liveObject.ts";
import type { AnyObjectKind, Live } from "./objectKind.ts";
import { ownHolder } from "./ownHolder.ts";
import type { FreedName } from "./ownHolder.ts";
import { collectionPath } from "./place.ts";
import type { Made, ResourceKind, StateOf } from "./resourceKind.ts";
import { butForSpaces } from "./edgeSpace.ts";
import { advisedOnName } from "./takenName.ts";
import { createIntent } from "./undo.ts";

/*
 * What a create does: it makes the object, continues with one that is the stack's already, or adopts one that is somebody
 * else's.
 */

type State = StateOf<Fields, object>;

/** Tells the engine's side of an object as soon as it exists, so that a failure later on does not lose it. */
type Exists = Parameters<ResourceKind["create"]>[2];

/** Creates an object of a kind, or takes the one that is there. */
export async function createObject(
  run: Run,
  kind: AnyObjectKind,
  inputs: InputsOf<Fields>,
  exists: Exists,
): Promise<Made<object>> {
  const names = await kind.namesOf(run, inputs);
  return new Creation({ run, kind, inputs, names, exists }).made();
}

/** A create under way. */
class Creation {
  readonly #run: Run;
  readonly #kind: AnyObjectKind;
  readonly #inputs: InputsOf<Fields>;
  readonly #names: Live;
  readonly #exists: Exists;

  constructor(of: {
    readonly run: Run;
    readonly kind: AnyObjectKind;
    readonly inputs: InputsOf<Fields>;
    readonly names: Live;
    readonly exists: Exists;
  }) {
    this.#run = of.run;
    this.#kind = of.kind;
    this.#inputs = of.inputs;
    this.#names = of.names;
    this.#exists = of.exists;
  }

  async made(): Promise<Made<object>> {
    return (this.#run.isRollback ? await this.#madeInRollback() : undefined) ?? this.#madeOrTaken();
  }

  /** @returns undefined if a rollback has to make the object like every other run */
  async #madeInRollback(): Promise<Made<object> | undefined> {
    await this.#freeName();
    const taken = await takenAway(this.#run, this.#kind, this.#names, this.#inputs);
    if (taken) return taken;
    const recovered = await this.#kind.recover?.(this.#run, this.#inputs, this.#intent);
    return recovered && this.#continued(recovered);
  }

  /** In a rollback: frees the name of an object that is made again from what the transaction has given it. */
  async #freeName(): Promise<void> {
    const [run, kind, names] = [this.#run, this.#kind, this.#names];
    const live = this.#hasNewId ? await findUnlessGone(run, kind, names) : undefined;
    if (live) await ownHolder(run, kind, live, { names, title: kind.title(this.#inputs) });
  }

  async #madeOrTaken(): Promise<Made<object>> {
    const [run, kind, names] = [this.#run, this.#kind, this.#names];
    const { workspaceId } = holderIn(names);
    const comes = kind.comesWithHolder?.(run, names) ?? false;
    const isEmpty = !comes && workspaceId !== undefined && run.isNewWorkspace(workspaceId);
    const before = isEmpty ? undefined : await firstLook(run, kind, names);
    const isBegun = before !== undefined && !comes && (await run.wasBegun(kind.name, names, this.#hasNewId));
    const mayAdopt = comes || kind.adoption?.looksFirst === true;
    const existing = before && !isBegun ? await this.#existing(before, mayAdopt) : undefined;
    const freed = isFreed(existing) ? existing : undefined;
    if (existing && !isFreed(existing)) return existing;
    try {
      return await this.#madeAnew(before === undefined || freed !== undefined, freed);
    } catch (error) {
      if (kind.adoption?.taken === undefined || !isFabricError(error, kind.adoption.taken)) throw error;
      const found = await find(run, kind, names);
      const instead = found && (await this.#existing(found, true));
      if (!instead) throw await this.#advised(error, found);
      return isFreed(instead) ? await this.#madeAnew(true, instead) : instead;
    }
  }

  /** @param found the object that has the name, as far as this identity sees it */
  async #advised(refusal: FabricError, found: Live | undefined): Promise<FabricError> {
    if (!("adopt" in this.#kind.fields)) return refusal;
    const { adopt } = this.#inputs as { readonly adopt?: unknown };
    const id = found && this.#idOf(found).split("/").at(-1);
    const { isRollback } = this.#run;
    const spacedId = found ? undefined : await this.#idButForSpaces();
    return advisedOnName(refusal, { noun: this.#kind.noun, adopt: adopt === true, id, spacedId, isRollback });
  }

  /** The service's id of an object that has the name but for a space at its edge, as far as this identity sees it. */
  async #idButForSpaces(): Promise<string | undefined> {
    const [run, kind, names] = [this.#run, this.#kind, this.#names];
    if (kind.find) return undefined;
    const all = await list(run, kind, names).catch(() => []);
    const found = butForSpaces(all, (live) => kind.isNamed(live, names));
    return found && this.#idOf(found).split("/").at(-1);
  }

  /**
   * @param wasFree whether nothing had the name just before
   * @param freed the name, if its holder has given it up for this object
   */
  async #madeAnew(wasFree: boolean, freed?: FreedName): Promise<Made<object>> {
    const [run, kind, inputs, names] = [this.#run, this.#kind, this.#inputs, this.#names];
    const call = await kind.make(run, inputs);
    const make = () =>
      run.create(
        this.#intent,
        {
          method: "POST",
          path: collectionPath(kind.place, holderIn(names)),
          operation: `create ${kind.title(inputs)}`,
          answer: kind.shape,
          ...call,
        } as Write<Live & { id: string }>,
        {
          find: () => find(run, kind, names) as Promise<(Live & { id: string }) | undefined>,
          wasFree,
          hasNewId: this.#hasNewId,
          taken: kind.adoption?.taken,
          isHalfMade: (live: Live) => this.#existsAlone(live),
          isPlausible: async (live: Live) => (await kind.isPlausible?.(run, this.#idOf(live))) ?? true,
        },
      );
    const made = await (kind.making ? kind.making(run, inputs, make) : make());
    if (run.isOfEarlierRun(made.id)) return await this.#continued(made);
    const id = this.#idOf(made);
    this.#existsAlone(made);
    await freed?.settle();
    const settled = await kind.settle?.(changeOf(run, kind, { id, now: made, wanted: inputs }));
    return { id, outputs: { ...kind.outputsOf?.(made), ...settled } };
  }

  /** Tells that the object exists; what a create sends beyond that is not certain yet. */
  #existsAlone(live: Live): void {
    const kind = this.#kind;
    const outputs = { ...kind.outputsOf?.(live), ...kind.doubtful?.(this.#inputs, false) };
    this.#exists({ id: this.#idOf(live), outputs });
  }

  /**
   * Takes an object that has the name, if that is allowed.
   * @param mayAdopt whether an object that is not the stack's own may be taken now
   * @returns the name, if it is free again; undefined if nobody may take the object
   */
  async #existing(live: Live, mayAdopt: boolean): Promise<Made<object> | FreedName | undefined> {
    const [run, kind, names] = [this.#run, this.#kind, this.#names];
    const own = await ownHolder(run, kind, live, { names, title: kind.title(this.#inputs) });
    if (isFreed(own)) return own;
    if (own === undefined) return mayAdopt ? this.#adopted(live) : undefined;
    const state = (await run.formerState(kind.name, this.#idOf(live))) ?? {};
    return kind.adoption?.ofState(state) ? this.#adopted(live, state) : this.#continued(live, state);
  }

  /**
   * Continues with an existing object of this stack.
   * @param old the object's state, if another resource holds the object: the create is then an update
   * @param mayBeChanged in a rollback: whether others may have changed the object since the transaction let go of it
   */
  async #continued(live: Live, old?: object, mayBeChanged = false): Promise<Made<object>> {
    const kind = this.#kind;
    const id = this.#idOf(live);
    const outputs = { ...kind.outputsOf?.(live), ...kind.doubtful?.(this.#inputs, false) };
    this.#exists({ id, outputs, isContinued: true });
    const change = { id, now: live, mayBeChanged, ...(old && { old: old as State }) };
    return { id, outputs: { ...kind.outputsOf?.(live), ...(await this.#converge(change)) } };
  }

  /**
   * @param ownState the state of an object that the stack has adopted before
   * @returns undefined if the object must not be adopted
   */
  async #adopted(live: Live, ownState?: object): Promise<Made<object> | undefined> {
    const [run, kind, inputs] = [this.#run, this.#kind, this.#inputs];
    const { adoption } = kind;
    if (!adoption) return undefined;
    const id = this.#idOf(live);
    const left = adoption.mayBeLeft ? await run.formerState(kind.name, id) : run.released(kind.name, id);
    const former = ownState ?? left;
    const had = former && adoption.ofState(former);
    if (former && !had) return adoption.mayBeLeft ? this.#continued(live, undefined, true) : undefined;
    // what others have made under the name of an object that is gone is theirs, and another object of the stack is not this one
    const before = run.isRollback ? await run.formerState<Live>(kind.name, id) : undefined;
    const isForeign = run.isRollback && (!before || before["displayName"] !== this.#names["displayName"]);
    const asked = isForeign ? { ...inputs, adopt: false } : inputs;
    // an object that was adopted before, and restored, stays adopted, whatever is declared
    if (!former && !((await adoption.may?.(run, live, asked)) ?? true)) return undefined;
    const found = (await adoption.found?.(run, id, live, inputs)) ?? kind.priorValues(live);
    const object = { resourceType: kind.name, resourceName: kind.nameOf(inputs), resourceId: id };
    const values = adoption.before ? await run.adopt(object, had ?? found) : (had ?? found);
    const adopted = { ...kind.outputsOf?.(live), ...adoption.toOutputs(values) };
    this.#exists({ id, outputs: { ...adopted, ...kind.doubtful?.(inputs, true) } });
    return { id, outputs: { ...adopted, ...(await this.#converge({ id, now: live, found, mayBeChanged: true })) } };
  }

  async #converge({
    mayBeChanged,
    ...change
  }: {
    readonly mayBeChanged: boolean;
    readonly id: string;
    readonly now: Live;
    readonly found?: Live;
    readonly old?: State;
  }): Promise<object> {
    const [run, kind, wanted] = [this.#run, this.#kind, this.#inputs];
    const { id, now } = change;
    const back = mayBeChanged ? await valuesFromBefore(run, kind, id, { now, inputs: wanted }) : undefined;
    const whole = { ...change, wanted };
    return (await kind.converge?.(changeOf(run, kind, back ? givingBack(kind, whole, back) : whole))) ?? {};
  }

  /** Whether the service gives each object an id, which does not consist of names. */
  get #hasNewId(): boolean {
    return !("of" in this.#kind.place) && this.#kind.ownIdOf === undefined;
  }

  get #intent() {
    const { name, compensation } = this.#kind;
    return createIntent({ name, undo: { compensation } }, this.#kind.nameOf(this.#inputs), this.#names);
  }

  #idOf(live: Live): string {
    return idOfLive(this.#kind, live, this.#names);
  }
}

const isFreed = (found: object | string | undefined): found is FreedName =>
  typeof found === "object" && "settle" in found;

/**
 * Handles an object of a rollback's saved state that others have deleted, before the transaction or since, or that has another
 * name. What was deleted stays away. The result repeats the saved state, so that the next refresh shows the deletion. Undefined in every other case.
 */
async function takenAway(
  run: Run,
  kind: AnyObjectKind,
  names: Live,
  inputs: InputsOf<Fields>,
): Promise<Made<object> | undefined> {
  const former = await formerOf(run, kind, inputs);
  if (!former) return undefined;
  // before the engine deletes a workspace, it deletes each object in the workspace: nothing goes without a delete of its own
  const isOurDelete =
    run.released(kind.name, former.id) !== undefined || (await run.wasDeletedByTransaction(kind.name, former.id));
  if (isOurDelete || (await findUnlessGone(run, kind, names))) return undefined;
  const isThere = await readAlone(run, kind, former.id, former.state).then(
    () => true,
    () => false,
  );
  // an adopted object that the transaction let go of has another name by now, and is given its values back later
  if (!isThere) run.warn(`${kind.title(inputs)} was taken away by somebody else: it is not given back.`);
  return { id: former.id, outputs: former.state };
}

/**
 * The object of the saved state that a rollback is asked to make again. What the object is in, or refers to, may have been made
 * anew: an id in its place counts as the same, if no other object is meant by that.
 */
async function formerOf(run: Run, kind: AnyObjectKind, inputs: Live): Promise<FormerObject | undefined> {
  const all = await run.formerObjects(kind.name);
  const names = Object.keys(kind.fields).filter((name) => name !== "workspaceId");
  const isIt = (isSame: (one: unknown, other: unknown) => boolean) => (former: FormerObject) =>
    names.every((name) => isSame(former.state[name], inputs[name]));
  const workspaceId = inputs["workspaceId"];
  const isIn = (id: unknown) => (former: FormerObject) => former.state["workspaceId"] === id;
  const isSameWorkspace = typeof workspaceId !== "string" || all.some(isIn(workspaceId));
  const own = all.filter(isIn(isSameWorkspace ? workspaceId : await formerWorkspaceId(run, workspaceId)));
  const same = own.find(isIt(isDeepStrictEqual));
  if (same) return same;
  const [only, ...others] = own.filter(isIt(isAlikeButForIds));
  return others.length === 0 ? only : undefined;
}

const isAlikeButForIds = (one: unknown, other: unknown): boolean => {
  const [text, otherText] = [one, other].map((value) => JSON.stringify(value)?.replaceAll(idInText, "id"));
  return text === otherText;
};
const idInText = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** Finds the object with these names. If its workspace or item is gone, the object is gone as well. */
async function findUnlessGone(run: Run, kind: AnyObjectKind, names: Live): Promise<Live | undefined> {
  try {
    return await find(run, kind, names);
  } catch (error) {
    if (mayMeanGone(error)) return undefined;
    throw error;
  }
}
