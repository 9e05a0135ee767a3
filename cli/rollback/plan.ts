import { hasEffects, hasEnded, outcomeOf } from "../../lib/transactionLog.ts";
import type { Entry } from "../../lib/transactionLog.ts";
import { rollbackLogOf } from "../../lib/transactions.ts";
import { unsettledCreates } from "../../lib/unsettled.ts";
import type { UnsettledCreate } from "../../lib/unsettled.ts";
import {
  checkpointHash,
  differencesAfterRollback,
  liveResourcesOf,
  prepareForRollback,
  withoutPendingOperations,
} from "./checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "./checkpoint.ts";

/*
 * What is to be done about a transaction, decided from what is known and nothing else. The commands ask, do the first
 * step, and ask again; so a rollback that was cut off goes on where it was. Everything here is pure.
 */

/** One step towards the end of a transaction. */
export type Step =
  /** Nothing may be done: why, and what to do instead. */
  | { readonly kind: "refuse"; readonly reason: string }
  /** The state has to be like this before the engine can go back from it. */
  | { readonly kind: "import"; readonly checkpoint: Checkpoint }
  /** These objects have to be read into the state again: nobody knows whether the last write to them had its effect. */
  | { readonly kind: "reread"; readonly urns: readonly string[] }
  /** The engine has to make everything as the saved checkpoint says. */
  | { readonly kind: "restore" }
  /** An object that this transaction made and no state knows has to go. */
  | { readonly kind: "compensate"; readonly orphan: UnsettledCreate }
  /** What is left has to be done by hand. */
  | { readonly kind: "report"; readonly differences: readonly string[] }
  /** All is done. */
  | { readonly kind: "finish" };

/** What is known of a transaction. */
export interface Known {
  readonly log: readonly Entry[];
  /** The log of what its rollback did so far. */
  readonly rollbackLog: readonly Entry[];
  /** The checkpoint from before it; undefined where none was saved. */
  readonly saved: Checkpoint | undefined;
  /** The checkpoint as it is. */
  readonly current: Checkpoint;
}

/** What this process has done so far. */
export interface Observed {
  readonly isReread: boolean;
  /** How often the engine was run, and whether its last run failed. */
  readonly restores: number;
  readonly hasFailed: boolean;
  /** Steps of creates that were looked after, with or without success. */
  readonly compensated: ReadonlySet<string>;
}

/** A process that has done nothing yet. */
export const nothingObserved: Observed = {
  isReread: false,
  restores: 0,
  hasFailed: false,
  compensated: new Set(),
};

/** How often the engine tries to go back: once, and once more for what failed. */
const RESTORES = 2;

/** What is left to do to roll a transaction back, in order. */
export function plan(known: Known, observed: Observed): Step[] {
  const { log, saved, current } = known;
  const refusal = refusalOf(log, saved);
  if (refusal !== undefined || !saved) return [{ kind: "refuse", reason: refusal ?? "" }];
  const steps: Step[] = [];
  const unread = observed.isReread ? [] : withUnknownOutcome(log, current);
  // pending operations are dropped: the log knows what became of them, and the engine would not start with them
  const settled = withoutPendingOperations(current);
  if (unread.length > 0) {
    if (settled.isChanged) steps.push({ kind: "import", checkpoint: settled.checkpoint });
    steps.push({ kind: "reread", urns: unread });
  }
  const isRestored = observed.restores > 0 && (!observed.hasFailed || observed.restores >= RESTORES);
  if (!isRestored) {
    const prepared = prepareForRollback(current, saved);
    if (prepared.isChanged) steps.push({ kind: "import", checkpoint: prepared.checkpoint });
    steps.push({ kind: "restore" });
  }
  const orphans = orphansOf(known, observed);
  // last made, first removed
  steps.push(...orphans.toReversed().map((orphan): Step => ({ kind: "compensate", orphan })));
  const differences = observed.hasFailed || !isRestored ? [] : differencesAfterRollback(current, saved);
  steps.push(differences.length > 0 ? { kind: "report", differences } : { kind: "finish" });
  return steps;
}

/** What has to be done before a transaction that succeeded is committed: objects that nothing declares any more go. */
export function planCommit(known: Known, observed: Observed): Step[] {
  const orphans = orphansOf(known, observed);
  return [...orphans.toReversed().map((orphan): Step => ({ kind: "compensate", orphan })), { kind: "finish" }];
}

function refusalOf(log: readonly Entry[], saved: Checkpoint | undefined): string | undefined {
  const [begin] = log;
  const id = begin?.transactionId ?? "?";
  if (log.some(({ kind }) => kind === "commit"))
    return `Transaction ${id} was committed. To go back, deploy the earlier configuration: npm run up.`;
  if (log.some(({ kind }) => kind === "rolledBack"))
    return `Transaction ${id} was rolled back already. A rollback is not rolled back: deploy again with npm run up.`;
  if (begin?.kind !== "begin") return `Transaction ${id} has no log.`;
  if (!saved) return `Transaction ${id} cannot be rolled back: the checkpoint from before it was not saved.`;
  return undefined;
}

/**
 * Why a transaction cannot be rolled back because of what came after it, if so.
 * @param others the logs of the same stack
 * @param stateHash how the stack was when the last run of the transaction ended; undefined where that was cut off
 */
export function builtUpon(
  log: readonly Entry[],
  others: readonly (readonly Entry[])[],
  current: Checkpoint,
  stateHash: string | undefined,
): string | undefined {
  const [begin] = log;
  const id = begin?.transactionId ?? "";
  const later = others.find(
    (other) =>
      other[0] !== undefined &&
      other[0].transactionId !== id &&
      other[0].transactionId !== rollbackLogOf(id) &&
      other[0].at > (begin?.at ?? "") &&
      hasEffects(other) &&
      !isRolledBack(other),
  );
  const hint = "Deploy the configuration you want with npm run up instead.";
  if (later?.[0])
    return `Transaction ${id} cannot be rolled back: ${later[0].transactionId} has built upon it. ${hint}`;
  if (stateHash === undefined || stateHash === checkpointHash(current)) return undefined;
  return `Transaction ${id} cannot be rolled back: the stack was changed outside of it since. ${hint}`;
}

const isRolledBack = (log: readonly Entry[]) => hasEnded(log) && !log.some(({ kind }) => kind === "commit");

/** URNs of the objects whose update or delete has an unknown outcome; of all of their kind, where they cannot be told. */
function withUnknownOutcome(log: readonly Entry[], current: Checkpoint): string[] {
  const urns = new Set<string>();
  for (const entry of log) {
    if (entry.kind !== "intent" || entry.operation === "create" || outcomeOf(log, entry.step) !== "unknown") continue;
    const ofKind = liveResourcesOf(current).filter(({ type }) => type.endsWith(`:${entry.resourceType}`));
    const named = ofKind.filter((resource) => isNamed(resource, entry.resourceName));
    for (const { urn } of named.length > 0 ? named : ofKind) urns.add(urn);
  }
  return [...urns];
}

function isNamed({ id, inputs, outputs }: CheckpointResource, name: string): boolean {
  const names = [id, id?.split("/").at(-1), inputs?.["displayName"], outputs?.["displayName"]];
  return names.includes(name);
}

/** What a transaction has made, or may have made, and neither the state holds nor a delete has removed. */
function orphansOf({ log, rollbackLog, current }: Known, { compensated }: Observed): UnsettledCreate[] {
  const inState = new Set(liveResourcesOf(current).map(({ type, id }) => `${type.split(":").at(-1)} ${id ?? ""}`));
  return unsettledCreates([log, rollbackLog]).filter(
    ({ step, resourceType, resourceId }) =>
      !compensated.has(step) && !inState.has(`${resourceType} ${resourceId ?? ""}`),
  );
}
