import { objectKey, outcomesIn } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { isTemporaryName } from "../../lib/transactions/temporaryName.ts";
import { orphansOf } from "../../lib/transactions/orphans.ts";
import type { UnsettledCreate } from "../../lib/transactions/unsettled.ts";
import {
  checkpointHash,
  keyOfResource,
  liveResourcesOf,
  resourcesOf,
  withoutPendingOperations,
} from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { differencesAfterRollback } from "./differences.ts";
import type { Difference } from "./differences.ts";
import { writtenObjects } from "./writtenObjects.ts";
import type { WrittenObject } from "./writtenObjects.ts";
import { deletedBy } from "../../lib/transactions/madeBy.ts";
import { remadeBy } from "./remade.ts";
import { prepareForRemoval, prepareForRollback } from "./preparedCheckpoint.ts";

/*
 * Plans a rollback from the known facts alone. The commands ask for a plan, do its first step, and ask again. So a rollback
 * that was cut off continues where it was. Everything here is pure.
 */

/** One step towards the end of a transaction. */
export type Step =
  /** Nothing may be done: why, and what to do instead. */
  | { readonly kind: "refuse"; readonly reason: string }
  /** The state must be like this before the engine can restore. */
  | { readonly kind: "import"; readonly checkpoint: Checkpoint }
  /** These objects must be read into the state again: the outcome of the last write to them is unknown. */
  | { readonly kind: "reread"; readonly urns: readonly string[] }
  /** The engine must restore the saved checkpoint, except the resources that failed for good. */
  | { readonly kind: "restore"; readonly exclude: readonly string[] }
  /** These resources, which the saved checkpoint lacks, must be deleted: the restore stopped before it reached them. */
  | { readonly kind: "remove"; readonly urns: readonly string[] }
  /** An object that this transaction made and no state holds must be removed. */
  | { readonly kind: "compensate"; readonly orphan: UnsettledCreate }
  /** These objects must be checked: the transaction wrote to them, and may have found other values than the state had. */
  | { readonly kind: "giveBack"; readonly objects: readonly WrittenObject[] }
  /** The rest must be done by hand. */
  | { readonly kind: "report"; readonly differences: readonly Difference[] }
  /** All is done. */
  | { readonly kind: "finish" };

/** The known facts about a transaction. */
export interface Known {
  readonly log: readonly Entry[];
  /** The log of its rollback so far. */
  readonly rollbackLog: readonly Entry[];
  /** The checkpoint from before the transaction; undefined if none was saved. */
  readonly saved: Checkpoint | undefined;
  /** The present checkpoint. */
  readonly current: Checkpoint;
  /** The last run of the transaction was cut off, and may have done more than the checkpoint shows. */
  readonly isCutOff: boolean;
}

/** A resource that the engine could not restore. */
export interface Failure {
  /** Empty if the engine failed as a whole. */
  readonly urn: string;
  readonly isDelete: boolean;
}

/** The work that this process has done so far. */
export interface Observed {
  readonly isReread: boolean;
  /** Number of attempts of the engine to restore, and to remove. */
  readonly restores: number;
  readonly removals: number;
  /** The same before the first restore: attempts to remove what was not there before the transaction. */
  readonly removalsBefore: number;
  /** Hash of the state before the last attempt to restore; absent before the first. */
  readonly restoredFrom?: string;
  /** What the last tries failed at. */
  readonly failures: readonly Failure[];
  /** Whether the objects that the transaction wrote to have their former values back. */
  readonly isGivenBack: boolean;
  /** Steps of creates whose compensation was tried, with or without success. */
  readonly compensated: ReadonlySet<string>;
}

/** A process that has done nothing yet. */
export const nothingObserved: Observed = {
  isReread: false,
  restores: 0,
  removals: 0,
  removalsBefore: 0,
  failures: [],
  isGivenBack: false,
  compensated: new Set(),
};

/**
 * Attempts to restore: the first, a repetition, and a last one without the failed resources, so that the rest is restored. One
 * more follows if the last one did something, or something was removed after it.
 */
const RESTORES = 3;
/** Attempts to remove resources that the saved checkpoint lacks. */
const REMOVALS = 2;

/** The remaining steps of a rollback, in order. */
export function plan(known: Known, observed: Observed): Step[] {
  const { log, rollbackLog, saved, current, isCutOff } = known;
  const refusal = refusalOf(log, saved);
  if (refusal !== undefined || !saved) return [{ kind: "refuse", reason: refusal ?? "" }];
  const steps: Step[] = [];
  const unread = observed.isReread ? [] : outdatedIn(log, current, isCutOff);
  // pending operations are dropped: the log has their outcome, and the engine would not start with them
  const settled = withoutPendingOperations(current);
  if (unread.length > 0) {
    if (settled.isChanged) steps.push({ kind: "import", checkpoint: settled.checkpoint });
    steps.push({ kind: "reread", urns: unread });
  }
  const deleted = deletedBy(log);
  const remade = remadeBy(log, rollbackLog, { saved, current });
  if (remade.length > 0 && observed.restores === 0 && observed.removalsBefore < REMOVALS) {
    // what is new may be in them, or depend on them
    const urns = [...remade, ...extrasOf(current, saved)];
    const prepared = prepareForRemoval(current, saved, urns, deleted);
    if (prepared.isChanged) steps.push({ kind: "import", checkpoint: prepared.checkpoint });
    steps.push({ kind: "remove", urns });
  }
  const failed = observed.failures.filter(({ isDelete }) => !isDelete);
  const isRestored = observed.restores > 0 && (failed.length === 0 || observed.restores >= RESTORES);
  const pushRestore = (exclude: readonly string[]) => {
    const prepared = prepareForRollback(current, saved, deleted);
    if (prepared.isChanged) steps.push({ kind: "import", checkpoint: prepared.checkpoint });
    steps.push({ kind: "restore", exclude });
  };
  if (!isRestored) pushRestore(observed.restores === RESTORES - 1 ? failed.flatMap(({ urn }) => urn || []) : []);
  const extras = extrasOf(current, saved);
  if (isRestored && extras.length > 0 && observed.removals < REMOVALS) steps.push({ kind: "remove", urns: extras });
  const orphans = orphansOf([log, rollbackLog], current).filter(({ step }) => !observed.compensated.has(step));
  // last made, first removed
  steps.push(...orphans.toReversed().map((orphan): Step => ({ kind: "compensate", orphan })));
  const removals = observed.removals + observed.compensated.size + orphans.length;
  const { restoredFrom } = observed;
  const isOther = () => restoredFrom !== undefined && restoredFrom !== checkpointHash(current);
  // what was restored or removed since may have held a name that the failed resources need
  if (failed.length > 0 && observed.restores === RESTORES && (removals > 0 || isOther())) pushRestore([]);
  const written = isRestored && !observed.isGivenBack ? writtenObjects(log, saved, current) : [];
  if (written.length > 0) steps.push({ kind: "giveBack", objects: written });
  const differences = isRestored ? differencesAfterRollback(current, saved, { rollbackLog, remade }) : [];
  steps.push(differences.length > 0 ? { kind: "report", differences } : { kind: "finish" });
  return steps;
}

/** Resources of a state that the saved state lacks. */
function extrasOf(current: Checkpoint, saved: Checkpoint): string[] {
  const savedUrns = new Set(resourcesOf(saved).map(({ urn }) => urn));
  return resourcesOf(current).flatMap(({ urn, type }) =>
    savedUrns.has(urn) || type === "pulumi:pulumi:Stack" ? [] : [urn],
  );
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
 * URNs of objects that may differ from the state: the outcome of a write is unknown, or the write had its effect and the run
 * was cut off, perhaps before the state was saved, or the object got a temporary name and no update of its own came.
 */
export function outdatedIn(log: readonly Entry[], current: Checkpoint, isCutOff: boolean): string[] {
  const outcomeOf = outcomesIn(log);
  /** Whether the last name that an object got is a temporary one. */
  const names = new Map<string, boolean>();
  const written = new Set(
    log.flatMap((entry) => {
      if (entry.kind !== "intent" || entry.operation === "create") return [];
      const outcome = outcomeOf(entry.step);
      const key = objectKey(entry.resourceType, entry.resourceId);
      if (outcome === "done" && entry.after && "displayName" in entry.after)
        names.set(key, isTemporaryName(entry.after["displayName"], entry.resourceId ?? ""));
      const isOutdated = outcome === "unknown" || (outcome === "done" && isCutOff);
      return isOutdated ? [key] : [];
    }),
  );
  for (const [key, isTemporary] of names) if (isTemporary) written.add(key);
  return liveResourcesOf(current)
    .filter((resource) => written.has(keyOfResource(resource)))
    .map(({ urn }) => urn);
}
