import { inputsAsText, keyOfResource, liveResourcesOf, nameOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { madeBy } from "../../lib/transactions/madeBy.ts";
import { fabricKindOf } from "../../providers/kinds/kinds.ts";
import { newIdsBetween } from "./newIds.ts";

/** A difference between the state and the saved one. */
export interface Difference {
  /** `Workspace 'sales'`. */
  readonly what: string;
  readonly id?: string | undefined;
  readonly reason: string;
}

/**
 * What is still different between the state after a rollback and the one to go back to, for objects of the service. Ids may
 * differ, because deleted objects can only be made again; values that hold such ids may too.
 * @param rollbackLog what the rollback itself did
 * @param remade URNs of what is there, and was not before the transaction (`remade.ts`)
 */
export function differencesAfterRollback(
  after: Checkpoint,
  saved: Checkpoint,
  { rollbackLog, remade }: { readonly rollbackLog: readonly Entry[]; readonly remade: readonly string[] },
): Difference[] {
  const madeAnew = madeBy(rollbackLog);
  const now = new Map(liveResourcesOf(after).map((resource) => [resource.urn, resource]));
  const newIds = newIdsBetween(saved, after);
  const differences = liveResourcesOf(saved).flatMap((before): Difference[] => {
    const same = now.get(before.urn);
    if (!same) return [differenceOf(before, "is missing")];
    if (remade.includes(before.urn))
      return [differenceOf(same, "is there, and was not before: somebody had taken it away")];
    const [half] = before.initErrors ? [] : (same.initErrors ?? []);
    if (half !== undefined) return [differenceOf(same, `is half-made: ${half}`)];
    const loss = fabricKindOf(before.type)?.loses;
    if (loss !== undefined && madeAnew.has(keyOfResource(same)))
      return [differenceOf(same, `had to be made anew, and ${loss} cannot be given back`)];
    const isEqual = inputsAsText(before.inputs, newIds) === inputsAsText(same.inputs);
    return isEqual ? [] : [differenceOf(same, "has other inputs than before")];
  });
  const savedUrns = new Set(liveResourcesOf(saved).map(({ urn }) => urn));
  const extras = resourcesOf(after).filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));
  for (const extra of extras) {
    if (extra.delete) differences.push(differenceOf(extra, "still waits for its deletion"));
    else if (!savedUrns.has(extra.urn)) differences.push(differenceOf(extra, "is still there"));
  }
  return differences;
}

const differenceOf = (resource: CheckpointResource, reason: string): Difference => ({
  what: nameOf(resource),
  id: resource.id,
  reason,
});
