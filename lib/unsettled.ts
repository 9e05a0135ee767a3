import { isDeepStrictEqual } from "node:util";
import { hasEnded, outcomeOf } from "./transactionLog.ts";
import type { Entry, Intent } from "./transactionLog.ts";

/** A create that a run has begun and no commit has settled: its object may be there, unknown to any state. */
export interface UnsettledCreate {
  /** Of its intent, in its log. */
  readonly step: string;
  readonly resourceType: string;
  readonly resourceName: string;
  /** Name of the compensation that undoes it. */
  readonly compensation: string;
  /** What names the object: the arguments of the create's compensation. */
  readonly names: Readonly<Record<string, unknown>>;
  /** Id of the object, where the answer arrived. */
  readonly resourceId?: string;
}

/**
 * What the logs of a stack leave open. A `done` proves that the object is ours by its id. A create without an outcome, or
 * with one that says nothing, proves it only where the name was free when it began. Pure.
 * @param transactions the entries of each log, oldest first
 */
export function unsettledCreates(transactions: readonly (readonly Entry[])[]): UnsettledCreate[] {
  return transactions.filter((entries) => !hasEnded(entries)).flatMap(unsettledIn);
}

function unsettledIn(entries: readonly Entry[]): UnsettledCreate[] {
  const settled = new Set(entries.filter(({ kind }) => kind === "compensated").map((entry) => stepOf(entry)));
  return entries.flatMap((entry): UnsettledCreate[] => {
    if (entry.kind !== "intent" || entry.operation !== "create" || !entry.compensation || settled.has(entry.step))
      return [];
    const { step, resourceType, resourceName } = entry;
    const { function: compensation, args: names } = entry.compensation;
    const create = { step, resourceType, resourceName, compensation, names };
    const outcome = outcomeOf(entries, step);
    if (outcome === "done") return [{ ...create, resourceId: idOf(entries, step) }];
    return entry.wasFree && outcome === "unknown" ? [create] : [];
  });
}

const idOf = (entries: readonly Entry[], step: string) => {
  const done = entries.find((entry) => entry.kind === "done" && entry.step === step);
  return done?.kind === "done" ? done.resourceId : "";
};

const stepOf = (entry: Entry) => ("step" in entry ? entry.step : undefined);

/** The unsettled create of the same object as an intent, if there is one; the newest wins. */
export function unsettledLike(unsettled: readonly UnsettledCreate[], intent: Intent): UnsettledCreate | undefined {
  return unsettled.findLast(
    ({ resourceType, names }) =>
      resourceType === intent.resourceType && isDeepStrictEqual(names, plain(intent.compensation?.args)),
  );
}

/** As it is in the log: without what JSON cannot hold. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
