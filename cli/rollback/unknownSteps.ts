import { unknownToUndo } from "../../providers/engine/undoStep.ts";
import { allKinds } from "../../providers/kinds/kinds.ts";
import { outcomeOf } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { UPDATE_REMEDY } from "../transaction/leftovers.ts";
import type { Leftover } from "../transaction/leftovers.ts";

/** A step whose effect a rollback cannot vouch for. */
export interface UnknownStep {
  readonly step: string;
  readonly leftover: Leftover;
}

/**
 * Updates and deletes of a transaction that this version does not know: whether the engine has undone them, it cannot say.
 * Creates are not among them: the state has them, or they are orphans. Pure.
 */
export function unknownSteps(log: readonly Entry[]): UnknownStep[] {
  return log.flatMap((entry): UnknownStep[] => {
    if (entry.kind !== "intent" || entry.operation === "create" || outcomeOf(log, entry.step) === "refused") return [];
    const { step, resourceType, resourceName, resourceId, operation } = entry;
    const reason = unknownToUndo(allKinds, resourceType, entry.compensation?.function ?? null);
    if (reason === undefined) return [];
    const what = `${resourceType} '${resourceName}'`;
    return [{ step, leftover: { what, id: resourceId, reason: `its ${operation}: ${reason}`, remedy: UPDATE_REMEDY } }];
  });
}
