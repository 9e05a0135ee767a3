import type { LogStore } from "../../lib/logStore/logStore.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";
import { assertSamePlace } from "../../providers/run/placeOfTransaction.ts";
import { providerNote } from "../../providers/run/providerNote.ts";

/** Data for reaching objects in the same way as their deployment did. */
export interface RollbackAccess {
  readonly env: NodeJS.ProcessEnv;
  readonly store: LogStore;
}

/** The rollback's own calls, beside those of the engine. Nothing is opened before the first call. */
export class RollbackRun implements AsyncDisposable {
  readonly #access: RollbackAccess;
  #run: Promise<LiveRun> | undefined;

  constructor(access: RollbackAccess) {
    this.#access = access;
  }

  /**
   * The run.
   * @param transactionId the transaction whose endpoint and sign-in the run uses
   * @throws Error if the log does not say how its deployment reached the service
   * @throws RefusedError if the run reaches another place than the transaction
   */
  async of(transactionId: string): Promise<LiveRun> {
    const { store } = this.#access;
    const run = await (this.#run ??= this.#start(transactionId));
    assertSamePlace({ transactionId, store, note: await providerNote(store, transactionId) }, run.reached);
    return run;
  }

  async #start(transactionId: string): Promise<LiveRun> {
    const { env, store } = this.#access;
    const configuration = await providerNote(store, transactionId);
    const { startRun } = await import("../../providers/run/liveRun.ts");
    // an empty list of workspaces means here that the engine has deleted all of them
    return startRun(configuration, { ...env, FABRIC_CONFIRM_GONE: "true" });
  }

  /** Lets go of the right to write, which the engine's provider needs next. The next call opens everything again. */
  async close(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await (await run?.catch(() => undefined))?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
