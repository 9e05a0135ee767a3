import { isDeepStrictEqual } from "node:util";
import { hasEnded, objectKey, outcomesIn } from "./entry.ts";
import type { Entry, Intent } from "./entry.ts";
import { madeId } from "./madeBy.ts";
import type { AcceptedOperation } from "./transactionLog.ts";

/** A create that a run began and no commit has settled. Its object may exist without a state that holds it. */
export interface UnsettledCreate {
  /** The transaction whose log has the create. */
  readonly transactionId: string;
  /** Step of its intent. */
  readonly step: string;
  readonly resourceType: string;
  readonly resourceName: string;
  /** Name of the compensation that undoes it; empty if the log names none. */
  readonly compensation: string;
  /** Names that identify the object. */
  readonly names: Readonly<Record<string, unknown>>;
  /** Arguments of the compensation; for an adoption, the former values of the object. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Id of the resource in the stack, if the answer arrived. */
  readonly resourceId?: string;
  /** The operation that makes the object, if the service accepted one and no run saw its end. */
  readonly operation?: AcceptedOperation;
}

/**
 * The creates that the logs of a stack leave open. With a `done`, its id proves that the object is ours. Without a known
 * outcome, the object is ours only if the name was free when the create began. A removal of the object, alone or with its
 * workspace, settles the create. Pure.
 * @param transactions the entries of each log, oldest first
 */
export function unsettledCreates(transactions: readonly (readonly Entry[])[]): UnsettledCreate[] {
  const removals = transactions.flatMap(removalsIn);
  return transactions.filter((entries) => !hasEnded(entries)).flatMap((entries) => unsettledIn(entries, removals));
}

/** An object that was removed, according to a log. */
interface Removal {
  /** Kind and id. */
  readonly object: string;
  readonly by: Entry;
  /** Position of its entry in its log. */
  readonly position: number;
}

function removalsIn(entries: readonly Entry[]): Removal[] {
  const deletes = new Map(
    entries.flatMap((entry) => (entry.kind === "intent" && entry.operation === "delete" ? [[entry.step, entry]] : [])),
  );
  return entries.flatMap((by, position) => {
    const intent = by.kind === "done" ? deletes.get(by.step) : undefined;
    return intent && by.kind === "done"
      ? [{ object: objectKey(intent.resourceType, by.resourceId), by, position }]
      : [];
  });
}

function unsettledIn(entries: readonly Entry[], removals: readonly Removal[]): UnsettledCreate[] {
  const compensated = new Set(entries.flatMap((entry) => (entry.kind === "compensated" ? [entry.step] : [])));
  const outcomeOf = outcomesIn(entries);
  return entries.flatMap((entry, position): UnsettledCreate[] => {
    if (entry.kind !== "intent" || entry.operation !== "create" || compensated.has(entry.step)) return [];
    const { transactionId, step, resourceType, resourceName } = entry;
    const { function: compensation, args } = entry.compensation ?? { function: "", args: {} };
    const names = namesIn(entry);
    const outcome = outcomeOf(step);
    const id = madeId(entries, entry);
    // an answer without an id says no more than none
    if (outcome === "refused" || (id === undefined && !entry.wasFree)) return [];
    // a later create has looked first: it took the object, or made one because there was none
    if (id === undefined && entries.slice(position + 1).some((later) => isMadeLike(entries, later, entry))) return [];
    // names are free again after a removal, and ids of roles and Git connections come back: only later ones count
    const later = removals.filter((removal) => isAfter(removal, entry, position));
    const gone = new Set(later.map(({ object }) => object));
    const isGone =
      gone.has(objectKey("Workspace", String(names["workspaceId"]))) ||
      gone.has(objectKey("Connection", String(names["connectionId"]))) ||
      gone.has(objectKey(resourceType, id));
    if (isGone) return [];
    const operation = acceptedIn(entries, step);
    const create = {
      ...{ transactionId, step, resourceType, resourceName, compensation, names, args },
      ...(operation && { operation }),
    };
    return [id === undefined ? create : { ...create, resourceId: id }];
  });
}

/** Whether an entry is a create of the same names as another one, and its answer came. */
function isMadeLike(log: readonly Entry[], entry: Entry, like: Intent): boolean {
  if (entry.kind !== "intent" || entry.operation !== "create" || entry.resourceType !== like.resourceType) return false;
  return areSameNames(namesIn(entry), namesIn(like)) && madeId(log, entry) !== undefined;
}

/** Names of a create; logs of format 1 have them only in the arguments. */
const namesIn = ({ names, compensation }: Intent): Names => names ?? compensation?.args ?? {};

/** The operation of a step without an end. */
function acceptedIn(entries: readonly Entry[], step: string): AcceptedOperation | undefined {
  const own = entries.filter((entry) => "step" in entry && entry.step === step);
  if (own.some(({ kind }) => kind === "done" || kind === "failed")) return undefined;
  const accepted = own.findLast(({ kind }) => kind === "accepted");
  if (accepted?.kind !== "accepted") return undefined;
  const { operationId, origin } = accepted;
  return { operationId, origin };
}

/** In one log, lines tell the order: two processes that overlapped have counted from the same `seq`. */
const isAfter = (removal: Removal, entry: Entry, position: number) =>
  removal.by.transactionId === entry.transactionId ? removal.position > position : removal.by.at > entry.at;

/**
 * Which unsettled creates a run may go on with. A rollback does not go on with those of its transaction, if each object has an id
 * of its own: they made other objects, which it removes.
 * @param rollbackOf the transaction that the run rolls back
 */
export const takenBy =
  (rollbackOf: string | undefined, hasNewId: boolean) =>
  ({ transactionId }: UnsettledCreate): boolean =>
    !hasNewId || transactionId !== rollbackOf;

/** The unsettled create of the same object as an intent, if there is one; the newest wins. */
export function unsettledLike(unsettled: readonly UnsettledCreate[], intent: Intent): UnsettledCreate | undefined {
  return unsettled.findLast(
    ({ resourceType, names }) =>
      resourceType === intent.resourceType && areSameNames(names, intent.names ?? intent.compensation?.args),
  );
}

/** Whether names identify the same object: a name without a value counts as absent, and ids may have other letters. */
export const areSameNames = (one: Names | undefined, other: Names | undefined): boolean =>
  isDeepStrictEqual(plain(one), plain(other));

type Names = Readonly<Record<string, unknown>>;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A value as the log holds it, without parts that JSON cannot represent, and with ids in small letters. */
const plain = (value: unknown): unknown =>
  value === undefined
    ? undefined
    : JSON.parse(JSON.stringify(value), (_key, inner: unknown) =>
        typeof inner === "string" && ID.test(inner) ? inner.toLowerCase() : inner,
      );
