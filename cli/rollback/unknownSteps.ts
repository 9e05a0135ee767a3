import { unknownToUndo } from "../../providers/engine/undoStep.ts";
import { allKinds } from "../../providers/kinds/kinds.ts";
import { outcomesIn } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { UPDATE_REMEDY } from "../transaction/leftovers.ts";
import type { Leftover } from "../transaction/leftovers.ts";

/** A step whose undo a rollback cannot confirm. */
export interface UnknownStep {
  readonly step: string;
  readonly leftover: Leftover;
}

/**
 * Updates and deletes of a transaction that this version does not know, so that it cannot say whether the engine undid them.
 * Creates are not included: the state holds their objects, or these are orphans. Pure.
 */
export function unknownSteps(log: readonly Entry[]): UnknownStep[] {
  const outcomeOf = outcomesIn(log);
  return log.flatMap((entry): UnknownStep[] => {
    if (entry.kind !== "intent" || entry.operation === "create" || outcomeOf(entry.step) === "refused") return [];
    const { step, resourceType, resourceName, resourceId, operation } = entry;
    const reason = unknownToUndo(allKinds, resourceType, entry.compensation?.function ?? null);
    if (reason === undefined) return [];
    const what = `${resourceType} '${resourceName}'`;
    return [{ step, leftover: { what, id: resourceId, reason: `its ${operation}: ${reason}`, remedy: UPDATE_REMEDY } }];
  });
}
