import { isServiceAnswer } from "../../lib/api/fabricError.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import { isTemporaryName, temporaryName } from "../../lib/transactions/temporaryName.ts";
import type { Owner, Run } from "../run/run.ts";
import { changeOf, valuesFromBefore } from "./change.ts";
import { doublyDeclared } from "./declaredOnce.ts";
import { DOUBTFUL, sameIgnoringCase } from "./field.ts";
import { find, idOfLive, readAlone } from "./liveObject.ts";
import type { AnyObjectKind, Live } from "./objectKind.ts";
import { parseId } from "./place.ts";
import { keptForOthers } from "./threeWays.ts";

/*
 * What to do if an object of the stack has the name that another resource of the stack needs: two objects swap their names, a
 * name is given up and taken in one deployment, an object gets another key, or one object is declared twice.
 */

/**
 * Values of an object, with another name in place of a temporary one: nobody but this project gives such a name, and what
 * has one is about to get its own.
 */
export function withoutTemporaryName(live: Live, id: string, name: unknown): Live {
  return isTemporaryName(live["displayName"], id) ? { ...live, displayName: name } : live;
}

/** A name that its holder has given up: the holder has a temporary one. */
export interface FreedName {
  /** To be called when another object has taken the name: gives the holder its own, if no other update does. */
  settle(): Promise<void>;
}

/**
 * Decides about an object of the stack that a create has found under its own name.
 * - `"continue"`: no resource declares the object any more, so the create continues with it.
 * - a freed name: the object has a temporary name now, because its own resource gives the name up in this run.
 * - undefined: the object is not the stack's own, or this run has deleted it.
 * @throws Error that names both resources, if both mean the object, or if the name is one that somebody else has given and that
 * stays
 */
export async function ownHolder(
  run: Run,
  kind: AnyObjectKind,
  live: Live,
  wanted: { readonly names: Live; readonly title: string },
): Promise<"continue" | FreedName | undefined> {
  const id = idOfLive(kind, live, wanted.names);
  if (run.isRollback) {
    // what was there before under that name is the object itself
    const former = await run.owner(kind.name, id);
    if (former && !givesUp(former, wanted.names)) return undefined;
    return freedInRollback(run, kind, id, { live, names: wanted.names, owner: former });
  }
  if (run.released(kind.name, id) !== undefined) return undefined;
  const owner = await run.owner(kind.name, id);
  if (!owner) return undefined;
  if (!owner.isDeclared) return "continue";
  if (!givesUp(owner, wanted.names)) throw doublyDeclared(id, wanted.title, `resource ${owner.resource}`);
  const freed = await freedInDeployment(run, kind, id, { live, names: wanted.names, owner });
  if (freed) return freed;
  throw new Error(
    `${wanted.title} needs a name that somebody has given to resource ${owner.resource} (${id}), where it stays ` +
      `(fabric:onDrift: warn). Rename that object at the service, or choose another displayName.`,
  );
}

/**
 * Changes an object. If the service refuses its name because of a holder that is about to lose the name, the holder gets a
 * temporary name, and the change is made once more.
 * @param change reads the object and changes it
 * @param names the names that the change gives; asked after a refusal
 */
export async function changedWithItsName<T>(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { change, names }: { readonly change: () => Promise<T>; readonly names: () => Live },
): Promise<T> {
  try {
    return await inTurnOf(run, kind, id, change);
  } catch (error) {
    const freed = await nameFreed(run, kind, id, { names: { ...parseId(kind.place, id), ...names() }, error });
    if (!freed) throw error;
    const changed = await inTurnOf(run, kind, id, change);
    await freed.settle();
    return changed;
  }
}

/** Nothing is left to do: the holder's own update follows, or its delete. */
const itsOwnUpdateFollows: FreedName = { settle: () => Promise.resolve() };

/** Frees a name, if an update was refused because of it. @returns undefined if it is not free */
async function nameFreed(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { names, error }: { readonly names: Live; readonly error: unknown },
): Promise<FreedName | undefined> {
  if (!isServiceAnswer(error, 400, 409) || !/Already(Exists|InUse)$|^Duplicate\w+Name$/.test(error.errorCode))
    return undefined;
  const live = await find(run, kind, names);
  // its own update was faster; or the identity must not see it, and one more try is refused as well
  if (!live) return itsOwnUpdateFollows;
  const holder = idOfLive(kind, live, names);
  if (sameIgnoringCase(holder, id)) return undefined;
  const owner = await run.owner(kind.name, holder);
  if (run.isRollback) return freedInRollback(run, kind, holder, { live, names, owner });
  // this run may have given the object another key
  if (!owner || run.isAcquired(objectKey(kind.name, holder))) return undefined;
  if (owner.isDeclared)
    return givesUp(owner, names) ? freedInDeployment(run, kind, holder, { live, names, owner }) : undefined;
  // the run deletes it at its end, or gives back what it was called before it was adopted
  const adopted = kind.adoption?.ofState((await run.formerState(kind.name, holder)) ?? {}) as Live | undefined;
  if (adopted && kind.isNamed({ ...live, ...adopted }, names)) return undefined;
  await giveTemporaryName(run, kind, holder, names);
  return itsOwnUpdateFollows;
}

const givesUp = ({ declaredName }: Owner, { displayName }: Live) =>
  declaredName !== undefined && typeof displayName === "string" && !sameIgnoringCase(declaredName, displayName);

/** Frees a name whose holder has another one declared. @returns undefined if somebody has given the name, and it stays */
async function freedInDeployment(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { live, names, owner }: { readonly live: Live; readonly names: Live; readonly owner: Owner },
): Promise<FreedName | undefined> {
  const displayName = owner.declaredName;
  const state = (await run.formerState<Live>(kind.name, id)) ?? {};
  // the state has the declared name, so the engine sees nothing to change: somebody has renamed the object since
  const isOfOthers = state["displayName"] === displayName;
  if (isOfOthers) {
    const ways = { state, live: { displayName: live["displayName"] }, wanted: { ...state, displayName } };
    if ((await keptForOthers(run, kind, id, ways)).length > 0) return undefined;
  }
  await giveTemporaryName(run, kind, id, names);
  if (!isOfOthers) return itsOwnUpdateFollows;
  return { settle: () => giveDeclaredName(run, kind, id, String(displayName)) };
}

/**
 * Frees a name in a rollback, if its holder is about to lose it: the transaction has made the holder, or the rollback gives the
 * holder another name back. What somebody else has named so keeps the name.
 */
async function freedInRollback(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { live, names, owner }: { readonly live: Live; readonly names: Live; readonly owner: Owner | undefined },
): Promise<FreedName | undefined> {
  if (!("displayName" in kind.fields) || kind.fields["displayName"]?.change !== "update") return undefined;
  const isLeaving = (!owner && (await run.wasMadeByTransaction(kind.name, id))) || (await getsAnother());
  if (!isLeaving) return undefined;
  await giveTemporaryName(run, kind, id, names);
  return itsOwnUpdateFollows;

  async function getsAnother(): Promise<boolean> {
    const saved = (await run.formerState<Live>(kind.name, id)) ?? {};
    const back = await valuesFromBefore(run, kind, id, { now: live, inputs: saved });
    if (back) return !sameIgnoringCase(String(back["displayName"]), String(names["displayName"]));
    // logs of earlier versions lack the former values
    return owner !== undefined && givesUp(owner, names) && (await run.mayHaveWritten(kind.name, id));
  }
}

/** The updates of one object come one after the other, so that none takes back what another one has just done. */
const inTurnOf = <T>(run: Run, kind: AnyObjectKind, id: string, work: () => Promise<T>): Promise<T> =>
  run.inTurn(`${kind.name} ${id.toLowerCase()}`, work);

async function giveTemporaryName(run: Run, kind: AnyObjectKind, id: string, names: Live): Promise<void> {
  await inTurnOf(run, kind, id, async () => {
    const now = await readAlone(run, kind, id, names);
    // its own update was faster
    if (kind.isNamed(now, names)) await rename(run, kind, id, now, temporaryName(String(now["displayName"]), id));
  });
}

/** Gives an object with a temporary name its declared one, which another object may have that is about to lose it. */
async function giveDeclaredName(run: Run, kind: AnyObjectKind, id: string, displayName: string): Promise<void> {
  let names: Live = { displayName };
  const change = async () => {
    const now = await readAlone(run, kind, id, { displayName });
    names = { ...(await valuesOf(run, kind, id, now)), displayName };
    if (isTemporaryName(now["displayName"], id)) await rename(run, kind, id, now, displayName);
  };
  await changedWithItsName(run, kind, id, { change, names: () => names });
}

/** Gives an object another name, and leaves everything else as it is. */
async function rename(run: Run, kind: AnyObjectKind, id: string, now: Live, displayName: string): Promise<void> {
  const old = await valuesOf(run, kind, id, now);
  await kind.converge?.(changeOf(run, kind, { id, now, wanted: { ...old, displayName }, old }));
}

/** The inputs that an object shows, and no others: those of another object do not belong to it. */
async function valuesOf(run: Run, kind: AnyObjectKind, id: string, now: Live): Promise<Live> {
  const { workspaceId, itemId, connectionId } = parseId(kind.place, id) ?? {};
  const shown = (await kind.valuesOf(now, run, id, {})) as Live;
  const all = Object.entries({ workspaceId, itemId, connectionId, ...shown });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== DOUBTFUL));
}
