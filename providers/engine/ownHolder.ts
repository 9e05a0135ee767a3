import { isServiceAnswer } from "../../lib/api/fabricError.ts";
import type { Owner, Run } from "../run/run.ts";
import { changeOf } from "./change.ts";
import { doublyDeclared } from "./declaredOnce.ts";
import { sameIgnoringCase } from "./field.ts";
import { find, idOfLive, readAlone } from "./liveObject.ts";
import type { AnyObjectKind, Live } from "./objectKind.ts";

/*
 * What to do if an object of the stack has the name that another resource of the stack needs: two objects swap their names, a
 * name is given up and taken in one deployment, an object gets another key, or one object is declared twice.
 */

/** Longest name that every kind of object may have, with room for the end of a temporary name. */
const BASE_LENGTH = 100;

/** A name that nobody else has, made of characters that every kind allows. */
const temporaryName = (name: string, id: string): string => `${name.slice(0, BASE_LENGTH)}${endOfTemporaryName(id)}`;
const endOfTemporaryName = (id: string) => `_${(id.split("/").at(-1) ?? id).replaceAll("-", "").slice(0, 8)}`;

/**
 * Values of an object, with another name in place of a temporary one: nobody but this project gives such a name, and what
 * has one is about to get its own.
 */
export function withoutTemporaryName(live: Live, id: string, name: unknown): Live {
  const { displayName } = live;
  const isTemporary = typeof displayName === "string" && displayName.endsWith(endOfTemporaryName(id));
  return isTemporary ? { ...live, displayName: name } : live;
}

/**
 * Decides about an object of the stack that a create has found under its own name.
 * - `"continue"`: no resource declares the object any more, so the create continues with it.
 * - `"renamed"`: the object has a temporary name now, because its own resource gives the name up in this run.
 * - undefined: the object is not the stack's own, or this run has deleted it.
 * @throws Error that names both resources, if both mean the object
 */
export async function ownHolder(
  run: Run,
  kind: AnyObjectKind,
  live: Live,
  wanted: { readonly names: Live; readonly title: string },
): Promise<"continue" | "renamed" | undefined> {
  const id = idOfLive(kind, live, wanted.names);
  if (run.isRollback || run.released(kind.name, id) !== undefined) return undefined;
  const owner = await run.owner(kind.name, id);
  if (!owner) return undefined;
  if (!owner.isDeclared) return "continue";
  if (!givesUp(owner, wanted.names)) throw doublyDeclared(id, wanted.title, `resource ${owner.resource}`);
  await giveTemporaryName(run, kind, id, wanted.names);
  return "renamed";
}

/**
 * Gives the holder of a name a temporary one, if an update was refused because of that name and the holder is about to lose
 * it: its own resource has another name in this run, or a rollback is about to delete what its transaction had made.
 * @param error of the update
 * @returns whether the name is free now
 */
export async function isNameFreed(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { names, error }: { readonly names: Live; readonly error: unknown },
): Promise<boolean> {
  if (!isServiceAnswer(error, 400, 409) || !/Already(Exists|InUse)$|^Duplicate\w+Name$/.test(error.errorCode))
    return false;
  const holder = await find(run, kind, names);
  // its own update was faster; or the identity must not see it, and one more try is refused as well
  if (!holder) return true;
  const holderId = idOfLive(kind, holder, names);
  if (sameIgnoringCase(holderId, id)) return false;
  const owner = await run.owner(kind.name, holderId);
  const isLeaving = owner
    ? owner.isDeclared && givesUp(owner, names)
    : await run.wasMadeByTransaction(kind.name, holderId);
  if (!isLeaving) return false;
  await giveTemporaryName(run, kind, holderId, names);
  return true;
}

const givesUp = ({ declaredName }: Owner, { displayName }: Live) =>
  declaredName !== undefined && typeof displayName === "string" && !sameIgnoringCase(declaredName, displayName);

/** The updates of one object come one after the other, so that none takes back what another one has just done. */
export const inTurnOf = <T>(run: Run, kind: AnyObjectKind, id: string, work: () => Promise<T>): Promise<T> =>
  run.inTurn(`${kind.name} ${id.toLowerCase()}`, work);

async function giveTemporaryName(run: Run, kind: AnyObjectKind, id: string, names: Live): Promise<void> {
  await inTurnOf(run, kind, id, async () => {
    const now = await readAlone(run, kind, id, names);
    // its own update was faster
    if (!kind.isNamed(now, names)) return;
    const values = (await kind.valuesOf(now, run, id, {})) as Live;
    const wanted = { ...names, ...values, displayName: temporaryName(String(values["displayName"]), id) };
    await kind.converge?.(changeOf(run, kind, { id, now, wanted, old: { ...names, ...values } }));
  });
}
