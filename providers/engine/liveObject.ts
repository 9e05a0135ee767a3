import type { Run } from "../run/run.ts";
import { sameIgnoringCase } from "./field.ts";
import type { Fields } from "./field.ts";
import { MissingError, isConnectionGone, isItemGone, mayMeanGone, readOrGone } from "./gone.ts";
import type { AnyObjectKind, Live } from "./objectKind.ts";
import { collectionPath, formatId, parseId, pathOf } from "./place.ts";
import type { Holder } from "./place.ts";
import type { StateOf } from "./resourceKind.ts";

/* Finds and reads objects of a kind at the service. */

type State = StateOf<Fields, object>;

/** The id of a resource for an object of the service. */
export function idOfLive(kind: AnyObjectKind, live: Live, names: Live): string {
  const holder = holderIn(names);
  const { place } = kind;
  const id = "of" in place ? holder.workspaceId : (kind.ownIdOf?.(live) ?? live["id"]);
  return formatId(place, { ...holder, id: String(id) });
}

export const present = (live: Live | undefined): readonly Live[] => (live ? [live] : []);

/** The holder of an object, from its names or inputs. */
export const holderIn = ({ workspaceId, itemId, connectionId }: Live): Holder => ({
  workspaceId: typeof workspaceId === "string" ? workspaceId : undefined,
  itemId: typeof itemId === "string" ? itemId : undefined,
  connectionId: typeof connectionId === "string" ? connectionId : undefined,
});

/** The present list of the objects with this holder. */
export const list = (run: Run, kind: AnyObjectKind, names: Live): Promise<readonly Live[]> =>
  run.list(collectionPath(kind.place, holderIn(names)), `list ${kind.plural}`, kind.shape);

/** Like `list`; empty if the holding item or connection is gone. */
export async function listUnlessGone(run: Run, kind: AnyObjectKind, names: Live): Promise<readonly Live[]> {
  const { workspaceId, itemId, connectionId } = holderIn(names);
  try {
    return await list(run, kind, names);
  } catch (error) {
    if (connectionId !== undefined && mayMeanGone(error) && (await isConnectionGone(run, connectionId))) return [];
    if (!mayMeanGone(error) || workspaceId === undefined || itemId === undefined) throw error;
    if (await isItemGone(run, workspaceId, itemId)) return [];
    throw error;
  }
}

/** Like `list`, read once in a run. */
const sharedList = (run: Run, kind: AnyObjectKind, holder: Holder): Promise<readonly Live[]> =>
  run.listOnce(collectionPath(kind.place, holder), `list ${kind.plural}`, kind.shape);

/** The object with these names, as it is now. */
export async function find(run: Run, kind: AnyObjectKind, names: Live): Promise<Live | undefined> {
  if (kind.find) return kind.find(run, names);
  return (await list(run, kind, names)).find((live) => kind.isNamed(live, names));
}

export async function firstLook(run: Run, kind: AnyObjectKind, names: Live): Promise<Live | undefined> {
  if (!kind.looksAtSharedList) return find(run, kind, names);
  return (await sharedList(run, kind, holderIn(names))).find((live) => kind.isNamed(live, names));
}

/** Calls an object at its path. */
export const at = <T>(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  state: Partial<State> | undefined,
  call: (path: string) => Promise<T>,
): Promise<T> => (kind.at ? kind.at(run, id, state, call) : call(pathOf(kind.place, id)));

/** Reads an object by itself. */
export async function readAlone(run: Run, kind: AnyObjectKind, id: string, known: Partial<State>): Promise<Live> {
  if (!kind.find) return at(run, kind, id, known, (path) => run.get(path, `read ${kind.title(known)}`, kind.shape));
  const live = await kind.find(run, { ...parseId(kind.place, id) });
  if (live) return live;
  throw new MissingError(
    `${kind.title(known)} does not exist any more. Run a refresh; the next up then creates it again.`,
  );
}

/**
 * Reads an object that is about to be changed: from the list that serves all objects of its holder, if that shows the object as
 * it is now, else by itself. A rollback always reads the object by itself.
 */
export async function readToChange(
  run: Run,
  kind: AnyObjectKind,
  id: string,
  { old, known }: { readonly old: State; readonly known: Partial<State> },
): Promise<Live> {
  return (await justListed(run, kind, id, old)) ?? readAlone(run, kind, id, known);
}

async function justListed(run: Run, kind: AnyObjectKind, id: string, old: State): Promise<Live | undefined> {
  if (run.isRollback || kind.find) return undefined;
  const isListed = kind.isListedWhole ? await kind.isListedWhole(run, id, old) : kind.observe === undefined;
  if (!isListed) return undefined;
  const holder = { ...parseId(kind.place, id) };
  const isIt = (live: Live) => sameIgnoringCase(idOfLive(kind, live, holder), id);
  try {
    return await run.justListed(collectionPath(kind.place, holder), `list ${kind.plural}`, kind.shape, isIt);
  } catch (error) {
    // the object itself may be readable, and its own error says more
    if (!mayMeanGone(error)) throw error;
    return undefined;
  }
}

export function observe(run: Run, kind: AnyObjectKind, id: string, state: State): Promise<Live | "gone"> {
  const holder = { ...parseId(kind.place, id) };
  return readOrGone(run, holder.workspaceId, {
    listed: () => sharedList(run, kind, holder),
    isIt: (live) => sameIgnoringCase(idOfLive(kind, live, holder), id),
    itemId: holder.itemId,
    connectionId: holder.connectionId,
    alone: () => readAlone(run, kind, id, state),
    mayBeDeleted: () => run.mayHaveDeleted(kind.name, id),
  });
}
