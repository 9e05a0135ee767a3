import { objectKey } from "../../lib/transactions/entry.ts";
import { givesBack } from "../../providers/engine/undo.ts";
import { UnknownCompensation, undoStep } from "../../providers/engine/undoStep.ts";
import { allKinds } from "../../providers/kinds/kinds.ts";
import type { TransactionLog } from "../../lib/transactions/transactionLog.ts";
import type { UnsettledCreate } from "../../lib/transactions/unsettled.ts";
import { UPDATE_REMEDY, removalOf } from "../transaction/leftovers.ts";
import type { Leftover } from "../transaction/leftovers.ts";
import { keyOfResource, liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { RollbackRun } from "./rollbackRun.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** Removes orphans: objects that a transaction made or adopted and no state holds. The log names the compensations. */
export class Orphans {
  readonly #run: RollbackRun;
  readonly #say: (line: string) => void;

  /** @param say where lines go */
  constructor(run: RollbackRun, say: (line: string) => void) {
    this.#run = run;
    this.#say = say;
  }

  /**
   * Removes one orphan. Not finding it is success.
   * @param log of the transaction that made it
   * @param state objects of this state are never touched
   * @returns what must be done by hand: nothing, or this orphan
   */
  async remove(orphan: UnsettledCreate, log: TransactionLog, state: Checkpoint): Promise<Leftover[]> {
    const say = this.#say;
    const { step, resourceType, resourceName, args, resourceId, compensation } = orphan;
    const what = `${resourceType} '${resourceName}'`;
    try {
      const undo = undoStep(allKinds, orphan);
      const run = await this.#run.of(orphan.transactionId);
      const kept = keptBy(state);
      const isRemoved = await undo(run, (id) => kept.has(objectKey(resourceType, id)));
      await log.compensated(step);
      if (!isRemoved) return [];
      if (givesBack(compensation)) {
        say(`Gave ${what} back with the values that it had (${resourceId ?? ""})`);
        return [];
      }
      say(`Cleaning up ${what} (${resourceId ?? "id unknown"})`);
      say(`✓ Successfully cleaned up ${resourceType}`);
      return [];
    } catch (error) {
      const reason = messageOf(error);
      await log.compensationFailed(step, reason);
      if (error instanceof UnknownCompensation) return [{ what, id: resourceId, reason, remedy: UPDATE_REMEDY }];
      const remedy = givesBack(compensation)
        ? `It existed before, and had: ${JSON.stringify(args["before"])}`
        : removalOf(resourceType, resourceId);
      return [{ what, id: resourceId, reason, remedy }];
    }
  }
}

/** Objects that must stay. */
function keptBy(state: Checkpoint): ReadonlySet<string> {
  return new Set(liveResourcesOf(state).map(keyOfResource));
}
