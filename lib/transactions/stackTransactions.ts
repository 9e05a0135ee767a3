import { checkpointHash, renamedCheckpoint, withoutPendingOperations } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { LogStore } from "../logStore/logStore.ts";
import { earlierRunOf } from "./earlierRun.ts";
import type { EarlierRun } from "./earlierRun.ts";
import { hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { logEntries, logOwner, withoutBegin } from "./logEntries.ts";
import { isIdle, isResumable, isSettled, newestOpen } from "./openTransaction.ts";
import type { OpenTransaction } from "./openTransaction.ts";
import {
  checkpointFile,
  failedFile,
  filesBeside,
  newTransactionId,
  openFile,
  providerFile,
  stateHashFile,
  takenFile,
} from "./transactionFiles.ts";
import { TransactionLog, logFile, readTransactionLog } from "./transactionLog.ts";

/** How many settled logs of a stack are kept. */
const KEPT_LOGS = 20;

/** What may be replaced in tests and in processes with an output of their own. */
export interface StackTransactionsOptions {
  /** @default the system's */
  readonly clock?: Clock;
  /** Where complaints of logs go that must not stop anything. @default standard error */
  readonly warn?: (line: string) => void;
}

/**
 * The transactions of one stack: which there are, which is open, how one is begun, gone on with and ended, and what lies
 * beside their logs. It decides by pure functions (`openTransaction.ts`, `earlierRun.ts`), and keeps nothing in memory:
 * other processes write to the same store.
 */
export class StackTransactions {
  readonly store: LogStore;
  readonly stack: string;
  readonly #options: StackTransactionsOptions;

  constructor(store: LogStore, stack: string, options: StackTransactionsOptions = {}) {
    this.store = store;
    this.stack = stack;
    this.#options = options;
  }

  /**
   * The logs of the stack, oldest first. Those of other stacks are not looked at, so that none of them stops this one.
   * @throws UnreadableLogError if another version has written to one of them, or one is damaged
   */
  async logs(): Promise<Entry[][]> {
    const names = await this.store.names();
    const ids = names.flatMap((name) => /^([\w.-]+)\.jsonl$/.exec(name)?.[1] ?? []);
    const taken = await this.#taken(names);
    const own = ids.filter((id) => (taken.get(id) ?? this.stack) === this.stack);
    const logs = await Promise.all(own.map((transactionId) => this.#ownLog(transactionId, taken.has(transactionId))));
    return logs
      .filter((log) => log.length > 0)
      .sort(([left], [right]) => (left?.at ?? "").localeCompare(right?.at ?? ""));
  }

  /**
   * The entries of one log; none if it is not there.
   * @throws UnreadableLogError as {@link logs} does
   */
  entries(transactionId: string): Promise<Entry[]> {
    return readTransactionLog(this.store, transactionId);
  }

  /**
   * Opens a log to write to it, and makes it if it does not exist. Whoever opens it closes it.
   * @throws UnreadableLogError as {@link logs} does
   */
  openLog(transactionId: string): Promise<TransactionLog> {
    return TransactionLog.open({ store: this.store, transactionId, ...this.#options });
  }

  /** The running transaction, if one was announced. Its log may be lost. */
  async announced(): Promise<string | undefined> {
    return (await this.store.read(openFile(this.stack)))?.toString().trim() || undefined;
  }

  /**
   * Takes over the transactions that the stack has under a former name: what was begun under that is gone on with and rolled
   * back under this one, and belongs no more to a stack that somebody makes under the old name.
   * @returns whether there were any
   */
  async takeOver(former: string): Promise<boolean> {
    const before = new StackTransactions(this.store, former, this.#options);
    const ids = (await before.logs()).flatMap(([begin]) => begin?.transactionId ?? []);
    const announced = await before.announced();
    if (ids.length === 0 && announced === undefined) return false;
    const known = await this.#taken(await this.store.names());
    const own = [...known].flatMap(([id, stack]) => (stack === this.stack ? [id] : []));
    await this.store.write(takenFile(this.stack), [...new Set([...own, ...ids])].join("\n"));
    if (announced !== undefined) {
      await this.announce(announced);
      await before.withdraw();
    }
    return true;
  }

  /** Names the running transaction, so that what comes after a crash finds it. */
  announce(transactionId: string): Promise<void> {
    return this.store.write(openFile(this.stack), transactionId);
  }

  /** Takes the announcement back: nothing is open. */
  withdraw(): Promise<void> {
    return this.store.remove(openFile(this.stack));
  }

  /**
   * The newest transaction that was begun and has not ended, if there is one: by a command, by a plain `pulumi up`, or left
   * by a crash.
   */
  async unfinished(): Promise<string | undefined> {
    const announced = await this.announced();
    if (announced !== undefined && !hasEnded(await this.entries(announced))) return announced;
    return newestOpen(await this.logs());
  }

  /**
   * Which transaction an update belongs to: one that was cut off or failed is gone on with, so that commit and rollback
   * cover both runs; else a new one. Writes nothing.
   * @param current the stack's checkpoint as it is
   * @throws UnreadableLogError if a log of the stack cannot be read whole: nothing may be begun beside it
   */
  async choose(current: Checkpoint): Promise<OpenTransaction> {
    const logs = await this.logs();
    const announced = await this.announced();
    const log = announced === undefined ? [] : await this.entries(announced);
    if (announced !== undefined && isResumable(log, logs, current))
      return { transactionId: announced, isResumed: true, earlierRun: await this.earlierRun(log) };
    return { transactionId: newTransactionId(this.stack, this.#options.clock ?? systemClock), isResumed: false };
  }

  /** {@link choose}, and then {@link begin} or {@link resume}. */
  async open(current: Checkpoint, enableRollback: boolean): Promise<OpenTransaction> {
    const chosen = await this.choose(current);
    if (chosen.isResumed) await this.resume(chosen.transactionId);
    else await this.begin(chosen.transactionId, current, enableRollback);
    return chosen;
  }

  /**
   * Begins a transaction: saves the checkpoint from before it, notes it in the log, and announces it. What was announced
   * before and changed nothing is ended.
   * @param current the checkpoint that it was chosen with
   */
  async begin(transactionId: string, current: Checkpoint, enableRollback: boolean): Promise<void> {
    await this.store.remove(failedFile(transactionId));
    const announced = await this.announced();
    if (announced !== undefined && isIdle(await this.entries(announced))) await this.endWithoutEffects(announced);
    const checkpoint = checkpointFile(transactionId);
    // pending operations are settled by the log; a state that was gone back to must not have them
    const saved = withoutPendingOperations(current).checkpoint;
    await this.store.write(checkpoint, JSON.stringify(saved));
    await this.#append(transactionId, (log) =>
      log.begin({ stack: this.stack, enableRollback, checkpoint, checkpointHash: checkpointHash(saved) }),
    );
    await this.announce(transactionId);
    await this.prune();
  }

  /** Goes on with a transaction that an earlier run has begun: how that run ended does not count any more. */
  resume(transactionId: string): Promise<void> {
    return this.store.remove(failedFile(transactionId));
  }

  /** Ends a transaction that changed nothing: there is nothing to commit and nothing to roll back. */
  async endWithoutEffects(transactionId: string): Promise<void> {
    await this.#append(transactionId, (log) => log.rolledBack());
    await this.withdraw();
  }

  /** Commits the log of a rollback, if there is one: what the rollback itself made is settled with it. */
  async settle(transactionId: string): Promise<void> {
    if ((await this.entries(transactionId)).length > 0) await this.#append(transactionId, (log) => log.commit());
  }

  /**
   * Removes the oldest logs that nobody will ask for again, with what is kept beside them: committed ones, and those that
   * changed nothing. Open and rolled back ones stay.
   */
  async prune(keep = KEPT_LOGS): Promise<void> {
    const settled = (await this.logs()).filter(isSettled);
    for (const [begin] of settled.slice(0, Math.max(0, settled.length - keep))) {
      if (!begin) continue;
      for (const name of [logFile(begin.transactionId), ...filesBeside(begin.transactionId)])
        await this.store.remove(name);
    }
  }

  /** How the last run of an open transaction ended. @param log of the transaction, or of its rollback */
  async earlierRun(log: readonly Entry[]): Promise<EarlierRun> {
    const id = log[0]?.transactionId ?? "";
    const said = await Promise.all([stateHashFile(id), failedFile(id)].map((name) => this.store.read(name)));
    return earlierRunOf(
      log,
      said.some((content) => content !== undefined),
    );
  }

  /** The checkpoint from before a transaction; undefined if none was saved. */
  async savedCheckpoint(transactionId: string): Promise<Checkpoint | undefined> {
    const saved = await this.store.read(checkpointFile(transactionId));
    if (!saved) return undefined;
    const [begin] = await this.entries(transactionId);
    const checkpoint = JSON.parse(saved.toString()) as Checkpoint;
    return begin?.kind === "begin" ? renamedCheckpoint(checkpoint, begin.stack, this.stack) : checkpoint;
  }

  /** Hash of the state when the last run of a transaction ended; undefined if that run was cut off. */
  async stateHash(transactionId: string): Promise<string | undefined> {
    return (await this.store.read(stateHashFile(transactionId)))?.toString();
  }

  /** Notes the hash of the state at the end of a run; undefined before the state changes again. */
  noteStateHash(transactionId: string, hash: string | undefined): Promise<void> {
    const name = stateHashFile(transactionId);
    return hash === undefined ? this.store.remove(name) : this.store.write(name, hash);
  }

  /** Notes that a run failed by itself, so that the next one does not take it for one that was cut off. */
  noteFailure(transactionId: string): Promise<void> {
    return this.store.write(failedFile(transactionId), "");
  }

  /** Notes how the objects of a transaction are reached, for whoever has to undo something. */
  noteProvider(transactionId: string, configuration: object): Promise<void> {
    return this.store.write(providerFile(transactionId), JSON.stringify(configuration));
  }

  async #append(transactionId: string, note: (log: TransactionLog) => Promise<void>): Promise<void> {
    const log = await this.openLog(transactionId);
    await note(log);
    await log.close();
  }

  /** Which stack has taken a log over, by its id: the last one, where a stack was renamed more than once. */
  async #taken(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const stacks = names.flatMap((name) => /^([\w.-]+)\.taken$/.exec(name)?.[1] ?? []);
    const taken = new Map<string, string>();
    for (const stack of stacks)
      for (const id of (await this.store.read(takenFile(stack)))?.toString().split("\n") ?? []) taken.set(id, stack);
    return taken;
  }

  /** A log, if it is the stack's; nothing otherwise. */
  async #ownLog(transactionId: string, isTaken: boolean): Promise<Entry[]> {
    const name = logFile(transactionId);
    const content = (await this.store.read(name))?.toString() ?? "";
    const owner = logOwner(content, transactionId);
    if (!isTaken && owner.stack !== undefined && owner.stack !== this.stack) return [];
    const log = { where: this.store.where, name };
    const entries = logEntries(content, log);
    if (owner.needsBegin) throw withoutBegin(log);
    return owner.hasBegin ? entries : [];
  }
}
