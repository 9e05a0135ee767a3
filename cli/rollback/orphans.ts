import { objectKey } from "../../lib/transactions/entry.ts";
import { givesBack } from "../../providers/engine/undo.ts";
import { UnknownCompensation, undoStep } from "../../providers/engine/undoStep.ts";
import { allKinds } from "../../providers/kinds/kinds.ts";
import type { Configuration } from "../../providers/run/configuration.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { providerFile } from "../../lib/transactions/transactionFiles.ts";
import type { TransactionLog } from "../../lib/transactions/transactionLog.ts";
import type { UnsettledCreate } from "../../lib/transactions/unsettled.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";
import { UPDATE_REMEDY, removalOf } from "../transaction/leftovers.ts";
import type { Leftover } from "../transaction/leftovers.ts";
import { keyOfResource, liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** What is needed to reach orphans as the deployment that made them did. */
export interface OrphansAccess {
  readonly env: NodeJS.ProcessEnv;
  readonly store: LogStore;
  /** Where lines go. */
  readonly say: (line: string) => void;
}

/** Undoes what a transaction made or adopted and no state knows, by the compensations in its log. */
export class Orphans implements AsyncDisposable {
  readonly #access: OrphansAccess;
  #run: Promise<LiveRun> | undefined;

  constructor(access: OrphansAccess) {
    this.#access = access;
  }

  /**
   * Removes one; not finding it is success.
   * @param log of the transaction that made it
   * @param state objects that belong to it are never touched
   * @returns what is left to do by hand: nothing, or itself
   */
  async remove(orphan: UnsettledCreate, log: TransactionLog, state: Checkpoint): Promise<Leftover[]> {
    const { say } = this.#access;
    const { step, resourceType, resourceName, args, resourceId, compensation } = orphan;
    const what = `${resourceType} '${resourceName}'`;
    try {
      const undo = undoStep(allKinds, orphan);
      const run = await (this.#run ??= this.#start(orphan.transactionId));
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
      const reason = error instanceof Error ? error.message : String(error);
      await log.compensationFailed(step, reason);
      if (error instanceof UnknownCompensation) return [{ what, id: resourceId, reason, remedy: UPDATE_REMEDY }];
      const remedy = givesBack(compensation)
        ? `It existed before, and had: ${JSON.stringify(args["before"])}`
        : removalOf(resourceType, resourceId);
      return [{ what, id: resourceId, reason, remedy }];
    }
  }

  async #start(transactionId: string): Promise<LiveRun> {
    const { env, store } = this.#access;
    const noted = await store.read(providerFile(transactionId));
    if (!noted) throw new Error(`${providerFile(transactionId)} is missing beside its log in ${store.where}.`);
    const { startRun } = await import("../../providers/run/liveRun.ts");
    const configuration = JSON.parse(noted.toString()) as Configuration;
    // an empty list of workspaces means here that the engine has removed them all
    return startRun(configuration, { ...env, FABRIC_CONFIRM_GONE: "true" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#run?.catch(() => undefined))?.close();
  }
}

/** Objects that must stay. */
function keptBy(state: Checkpoint): ReadonlySet<string> {
  return new Set(liveResourcesOf(state).map(keyOfResource));
}
