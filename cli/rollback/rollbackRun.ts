import type { LogStore } from "../../lib/logStore/logStore.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";
import { assertSamePlace } from "../../providers/run/placeOfTransaction.ts";
import { providerNote } from "../../providers/run/providerNote.ts";
import type { ProviderNote } from "../../providers/run/providerNote.ts";

/** Data for reaching objects in the same way as their deployment did. */
export interface RollbackAccess {
  readonly env: NodeJS.ProcessEnv;
  readonly store: LogStore;
}

/** The rollback's own calls, beside those of the engine. Nothing is opened before the first call. */
export class RollbackRun implements AsyncDisposable {
  readonly #access: RollbackAccess;
  readonly #notes = new Map<string, Promise<ProviderNote>>();
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
    const note = await this.#noteOf(transactionId);
    const run = await (this.#run ??= this.#start(note));
    assertSamePlace({ transactionId, store: this.#access.store, note }, run.reached);
    return run;
  }

  /** The note of a transaction. It is asked for once for each of the transaction's orphans. */
  #noteOf(transactionId: string): Promise<ProviderNote> {
    const noted = this.#notes.get(transactionId) ?? providerNote(this.#access.store, transactionId);
    this.#notes.set(transactionId, noted);
    return noted;
  }

  async #start(configuration: ProviderNote): Promise<LiveRun> {
    const { startRun } = await import("../../providers/run/liveRun.ts");
    // an empty list of workspaces means here that the engine has deleted all of them
    return startRun(configuration, { ...this.#access.env, FABRIC_CONFIRM_GONE: "true" });
  }

  /** Lets go of the right to write, which the engine's provider needs next. The next call opens everything again. */
  async close(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    this.#notes.clear();
    await (await run?.catch(() => undefined))?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
