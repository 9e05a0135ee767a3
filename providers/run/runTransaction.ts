import { boundDeployed } from "../../lib/transactions/deployedDefinitions.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { engineRunOf, takeCheckpoint } from "../../lib/transactions/engineRun.ts";
import type { EngineRun } from "../../lib/transactions/engineRun.ts";
import type { Lock, LogStore } from "../../lib/logStore/logStore.ts";
import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import type { TransactionLog } from "../../lib/transactions/transactionLog.ts";
import { hasEffects, hasEnded } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { assertNoOtherStack } from "../../lib/transactions/otherStack.ts";
import { stackIdentity } from "../../lib/transactions/stackIdentity.ts";
import { leftByEarlierRuns } from "../../lib/transactions/orphans.ts";
import { newTransactionId, rollbackLogOf } from "../../lib/transactions/transactionFiles.ts";
import { projectFolder } from "../../lib/project/projectFolder.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Clock } from "../../lib/clock.ts";
import { unsettledCreates } from "../../lib/transactions/unsettled.ts";
import type { UnsettledCreate } from "../../lib/transactions/unsettled.ts";
import type { Configuration } from "./configuration.ts";
import { assertPlaceOfOpen } from "./placeOfTransaction.ts";
import { findProviderNote } from "./providerNote.ts";

/**
 * Longest wait for a predecessor that is stopping. An orphaned provider stops within a second. If its machine is gone, its
 * lease may end 20 s after the lease of the command that started it.
 */
const PREDECESSOR_MS = 30_000;

/** The engine that a process serves. */
export interface EngineOfProcess {
  /** Undefined in a process that no engine started. */
  readonly address: string | undefined;
  /** Whether the engine has called check. Only an update does so before it writes. */
  readonly hasChecked: () => boolean;
}

const noEngine: EngineOfProcess = { address: undefined, hasChecked: () => false };

/** Input for the choice of a provider process's transaction. */
export interface RunTransactionOptions {
  /** Noted beside the log, so that a rollback reaches the objects as this process does. */
  readonly configuration: Configuration;
  readonly store: () => Promise<LogStore>;
  readonly env: NodeJS.ProcessEnv;
  readonly engine: EngineOfProcess;
  readonly clock: Clock;
  readonly warn: (line: string) => void;
}

/** The transaction, as far as this process has joined it. */
export interface JoinedTransaction {
  readonly log: TransactionLog;
  /** Creates that earlier runs left open, read before this run writes. */
  readonly unsettled: readonly UnsettledCreate[];
  /** The stack's open logs, as they were before this run wrote: its own is among them if the run resumes it. */
  readonly openLogs: readonly (readonly Entry[])[];
}

/**
 * The part of one provider process in a transaction. There are three cases:
 * - a command of this project began the transaction (FABRIC_TRANSACTION_ID), and ends it;
 * - the program of this run chose the transaction; the process begins and ends it;
 * - nothing chose one, as in a destroy; the process begins and ends a log of its own.
 */
export class RunTransaction {
  readonly #options: RunTransactionOptions;
  #joined: Promise<JoinedTransaction & { readonly lock: Lock }> | undefined;
  #own: string | undefined;
  #hasFailed = false;

  constructor(options: RunTransactionOptions) {
    this.#options = options;
  }

  /** Id of the transaction; undefined if this process would begin one of its own. */
  get knownId(): string | undefined {
    const { env } = this.#options;
    const rollbackOf = env["FABRIC_ROLLBACK_OF"];
    if (rollbackOf) return rollbackLogOf(rollbackOf);
    return env["FABRIC_TRANSACTION_ID"] || this.#programsRun()?.transactionId;
  }

  /**
   * The log to write to. The first write opens the log and takes the writer's lock.
   * @param reached the place that this process reaches: `host` or `host/tenantId`
   * @throws LockedError if another run is writing
   * @throws RefusedError if a transaction is open at another place, or is another stack's of the same name
   */
  join(reached: string): Promise<JoinedTransaction> {
    return (this.#joined ??= this.#take(reached));
  }

  /** The transaction, if this process has joined it or is about to. */
  get joined(): Promise<JoinedTransaction> | undefined {
    return this.#joined;
  }

  /** Notes a failure: this process cannot commit the transaction any more. */
  failed(): void {
    this.#hasFailed = true;
  }

  /** Ends the transaction if this process began it, and releases the writer's lock. */
  async end(): Promise<void> {
    const joined = await this.#joined?.catch(() => undefined);
    const run = this.#programsRun();
    try {
      if (joined && this.#own !== undefined) {
        if (!this.#hasFailed && !joined.log.isBusy) await joined.log.commit();
        else {
          this.#sayHowToRemoveTheRest();
          await this.#noteFailure(joined, this.#own);
        }
      } else if (run) await this.#endProgramsRun(run, joined);
    } finally {
      await joined?.log.close();
      await joined?.lock.release();
    }
  }

  async #take(reached: string): Promise<JoinedTransaction & { readonly lock: Lock }> {
    const { configuration, clock } = this.#options;
    const { stack } = configuration;
    const transactions = await this.#transactions();
    const lock = await transactions.store.lock(`${stack}.writer`, { waitMs: PREDECESSOR_MS });
    try {
      const ofName = await transactions.logsOfName();
      await assertNoOtherStack(transactions, ofName);
      const logs = transactions.ownAmong(ofName);
      await assertPlaceOfOpen(transactions.store, logs, () => reached);
      const unsettled = unsettledCreates(logs);
      const programs = this.#programsRun();
      if (programs?.isResumed) await transactions.resume(programs.transactionId);
      else if (programs) await transactions.begin(programs.transactionId, checkpointBefore(stack), true);
      const transactionId = this.knownId ?? (this.#own = newTransactionId(stack, clock));
      const before = await transactions.entries(transactionId);
      const log = await transactions.openLog(transactionId);
      if (before.length === 0) {
        await transactions.prune();
        await boundDeployed(transactions.store, stack);
        await transactions.beginPlain(log);
      }
      // without effects, the transaction has no objects at any place yet
      const place = hasEffects(before) ? (await findProviderNote(transactions.store, transactionId))?.reached : reached;
      await transactions.noteProvider(transactionId, { ...configuration, reached: place });
      return { log, unsettled, openLogs: logs.filter((one) => !hasEnded(one)), lock };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * The note of this run's program, if the run is an update. An update calls check before it writes. A program that declares
   * nothing causes no check, and its run may still be an update that deletes.
   */
  #programsRun(): EngineRun | undefined {
    const { env, configuration, engine } = this.#options;
    if (env["FABRIC_TRANSACTION_ID"] || env["FABRIC_ROLLBACK_OF"]) return undefined;
    const run = engineRunOf(configuration.stack, engine.address);
    return run && (engine.hasChecked() || !run.declaresSome) ? run : undefined;
  }

  /** Lets the next run report that this one failed. A run that stops within a step was cut off, and gets no note. */
  async #noteFailure(joined: JoinedTransaction | undefined, transactionId: string): Promise<void> {
    if (joined?.log.isBusy) return;
    await (await this.#transactions()).noteFailure(transactionId);
  }

  /** A destroy is no transaction: the remedy for a failed destroy is to repeat it. */
  #sayHowToRemoveTheRest(): void {
    const { engine, warn } = this.#options;
    if (engine.address === undefined || engine.hasChecked()) return;
    warn(
      "Not everything was removed, and what is left is still in the state. Run the same command again, with the same " +
        "options: a destroy is no transaction, and is not rolled back.",
    );
  }

  /** Commits the transaction of a plain `pulumi up`; after a failure it prints the rollback command instead. */
  async #endProgramsRun(
    { transactionId, isResumed, isDeclared }: EngineRun,
    joined: JoinedTransaction | undefined,
  ): Promise<void> {
    const { configuration, warn } = this.#options;
    // the first write begins the transaction, and there was none
    if (!joined && !isResumed) return;
    const transactions = await this.#transactions();
    if (isDeclared && !this.#hasFailed && !joined?.log.isBusy) {
      if (isResumed && (await this.#sayWhatEarlierRunsLeft(transactions, transactionId, joined))) return;
      const log = joined?.log ?? (await transactions.openLog(transactionId));
      await log.commit();
      if (!joined) await log.close();
      await transactions.withdraw();
    } else if (hasEffects(await transactions.entries(transactionId))) {
      await this.#noteFailure(joined, transactionId);
      warn(
        `Deployment ${transactionId} is incomplete. To take it back: npm run rollback -- --stack ${configuration.stack}`,
      );
    }
  }

  /**
   * Says what earlier runs of the transaction made and this one did not come to: `--target` left it out, or nothing declares it any
   * more. A commit would forget it.
   * @returns whether there is something
   */
  async #sayWhatEarlierRunsLeft(
    transactions: StackTransactions,
    transactionId: string,
    joined: JoinedTransaction | undefined,
  ): Promise<boolean> {
    const { configuration, warn } = this.#options;
    const log = await transactions.entries(transactionId);
    const left = leftByEarlierRuns(log, checkpointBefore(configuration.stack), joined?.log.written ?? []);
    if (left.length === 0) return false;
    const named = left.slice(0, 5).map(({ resourceType, resourceName }) => `${resourceType} '${resourceName}'`);
    const more = left.length > named.length ? ` and ${left.length - named.length} more` : "";
    warn(
      `Transaction ${transactionId} stays open: an earlier run of it did not end, and this one did not come to ` +
        `${named.join(", ")}${more}. Until it ends, a rollback takes this run back, too. To go on with all of it, and remove what ` +
        `nothing declares any more: npm run up -- --stack ${configuration.stack}`,
    );
    return true;
  }

  async #transactions(): Promise<StackTransactions> {
    const { configuration, store, env, clock, warn } = this.#options;
    const opened = await store();
    const identity = stackIdentity(projectFolder(), opened.where, env);
    return new StackTransactions(opened, configuration.stack, { identity, clock, warn });
  }
}

/** The checkpoint that the program of this run saved. */
const checkpointBefore = (stack: string) => JSON.parse(takeCheckpoint(stack)) as Checkpoint;

/**
 * The part of a process in a transaction.
 * @param engine the engine that started the process. @default none
 */
export function runTransactionOf(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
  engine: EngineOfProcess = noEngine,
): RunTransaction {
  const warn = (line: string) => void process.stderr.write(`${line}\n`);
  let store: Promise<LogStore> | undefined;
  return new RunTransaction({
    configuration,
    store: () => (store ??= openLogStore(configuration.transactionLog, { stack: configuration.stack, env })),
    env,
    engine,
    clock: systemClock,
    warn,
  });
}
