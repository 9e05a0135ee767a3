import { checkpointHash, renamedCheckpoint, withoutPendingOperations } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { LogStore } from "../logStore/logStore.ts";
import { earlierRunOf } from "./earlierRun.ts";
import type { EarlierRun } from "./earlierRun.ts";
import { hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { addEnded, addToHistory } from "./continuedHistory.ts";
import { logEntries, logOwner, withoutBegin } from "./logEntries.ts";
import { isIdle, isResumable, isSettled, newestOpen } from "./openTransaction.ts";
import type { OpenTransaction } from "./openTransaction.ts";
import { pruneDeployed } from "./deployedDefinitions.ts";
import { identityDifference } from "./stackIdentity.ts";
import type { StackIdentity } from "./stackIdentity.ts";
import {
  checkpointFile,
  failedFile,
  filesBeside,
  isRollbackLog,
  newTransactionId,
  openFile,
  providerFile,
  rollbackLogOf,
  stateHashFile,
  takenFile,
} from "./transactionFiles.ts";
import { takenLogs } from "./takenLogs.ts";
import { TransactionLog, logFile, readTransactionLog } from "./transactionLog.ts";
import { messageOf } from "../api/messageOf.ts";

/** Number of settled logs that a stack keeps, and of rolled-back ones. */
const KEPT_LOGS = 20;

/** Options for tests, and for processes with an output of their own. */
export interface StackTransactionsOptions {
  /** Which of the stacks of that name. @default any */
  readonly identity?: StackIdentity;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Output for problems with logs that stop nothing. @default standard error */
  readonly warn?: (line: string) => void;
}

/**
 * The transactions of one stack, with the files beside their logs. The class finds, begins, resumes and ends transactions.
 * Pure functions make the decisions (`openTransaction.ts`, `earlierRun.ts`). Nothing is kept in memory, because other
 * processes write to the same store.
 */
export class StackTransactions {
  readonly store: LogStore;
  readonly stack: string;
  readonly identity: StackIdentity;
  readonly #options: StackTransactionsOptions;

  constructor(store: LogStore, stack: string, options: StackTransactionsOptions = {}) {
    this.store = store;
    this.stack = stack;
    this.identity = options.identity ?? {};
    this.#options = options;
  }

  /**
   * The logs of the stack, oldest first. Logs of other stacks are not parsed, so that none of them stops this stack.
   * @throws UnreadableLogError if another version has written to a log of the stack, or a log is damaged
   */
  async logs(): Promise<Entry[][]> {
    return this.ownAmong(await this.logsOfName());
  }

  /** The stack's own among {@link logsOfName}. */
  ownAmong(logs: readonly Entry[][]): Entry[][] {
    return logs.filter(([begin]) => this.#isOfProject(begin));
  }

  /** {@link logs}, and those of other projects whose stack has the same name. */
  async logsOfName(): Promise<Entry[][]> {
    const names = await this.store.names();
    const ids = names.flatMap((name) => /^([\w.-]+)\.jsonl$/.exec(name)?.[1] ?? []);
    const taken = await takenLogs(this.store, names);
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
   * Opens a log for writing, and makes it if it does not exist. The caller must close it.
   * @throws UnreadableLogError as {@link logs} does
   */
  openLog(transactionId: string): Promise<TransactionLog> {
    return TransactionLog.open({ store: this.store, transactionId, ...this.#options });
  }

  /** Id of the running transaction, if one was announced. Its log may be lost. */
  async announced(): Promise<string | undefined> {
    return (await this.store.read(openFile(this.stack)))?.toString().trim() || undefined;
  }

  /**
   * Takes over the transactions of the stack's former name. They are resumed and rolled back under the present name, and do
   * not belong to a new stack of the former name.
   * @returns whether there were any
   */
  async takeOver(former: string): Promise<boolean> {
    const before = new StackTransactions(this.store, former, this.#options);
    const logs = (await before.logs()).flatMap(([begin]) => begin ?? []);
    // the log of a rollback goes with its transaction: the rollback ran in a folder of its own
    const owned = logs.filter((begin) => !isRollbackLog(begin.transactionId) && this.#isOwn(begin));
    const known = new Set(logs.map(({ transactionId }) => transactionId));
    const ids = owned.flatMap(({ transactionId: id }) => [id, rollbackLogOf(id)]).filter((id) => known.has(id));
    const found = await before.announced();
    // another project may have a stack of the former name
    const isOwn = found !== undefined && this.#isOwn((await this.entries(found))[0]);
    const announced = isOwn ? found : undefined;
    if (ids.length === 0 && announced === undefined) return false;
    const taken = await takenLogs(this.store, await this.store.names());
    const takenBy = (stack: string) => [...taken].flatMap(([id, one]) => (one === stack ? [id] : []));
    await this.store.write(takenFile(this.stack), [...new Set([...takenBy(this.stack), ...ids])].join("\n"));
    // a stack may get its former name back, or be renamed more than once
    const left = takenBy(former).filter((id) => !ids.includes(id));
    if (left.length < takenBy(former).length) await this.store.write(takenFile(former), left.join("\n"));
    if (announced !== undefined) {
      await this.announce(announced);
      await before.withdraw();
    }
    return true;
  }

  /** Names the running transaction, so that the next run finds it after a crash. */
  announce(transactionId: string): Promise<void> {
    return this.store.write(openFile(this.stack), transactionId);
  }

  /** Withdraws the announcement: no transaction is open. */
  withdraw(): Promise<void> {
    return this.store.remove(openFile(this.stack));
  }

  /**
   * The newest transaction that was begun and has not ended, if there is one, whether by a command, a plain `pulumi up` or a
   * crash.
   */
  async unfinished(): Promise<string | undefined> {
    const announced = await this.announced();
    const log = announced === undefined ? [] : await this.entries(announced);
    if (announced !== undefined && !hasEnded(log) && this.#isOfProject(log[0])) return announced;
    return newestOpen(await this.logs());
  }

  /**
   * Chooses the transaction of an update: one that was cut off or failed is resumed, so that commit and rollback cover both
   * runs; else a new one. Writes nothing.
   * @param current the stack's present checkpoint
   * @param known the stack's logs. @default they are read
   * @throws UnreadableLogError if a log of the stack cannot be read whole: no transaction may begin beside it
   */
  async choose(current: Checkpoint, known?: readonly Entry[][]): Promise<OpenTransaction> {
    const logs = known ?? (await this.logs());
    const announced = await this.announced();
    const log = announced === undefined ? [] : await this.entries(announced);
    if (announced !== undefined && this.#isOfProject(log[0]) && isResumable(log, logs, current))
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
   * Begins a transaction: saves the present checkpoint, writes the log's `begin`, and announces the transaction. An announced
   * transaction that changed nothing is ended.
   * @param current the checkpoint that was passed to {@link choose}
   */
  async begin(transactionId: string, current: Checkpoint, enableRollback: boolean): Promise<void> {
    await this.store.remove(failedFile(transactionId));
    const announced = await this.announced();
    if (announced !== undefined && isIdle(await this.entries(announced))) await this.endWithoutEffects(announced);
    const checkpoint = checkpointFile(transactionId);
    // the log settles pending operations, so a restored state must not have them
    const saved = withoutPendingOperations(current).checkpoint;
    await this.store.write(checkpoint, JSON.stringify(saved));
    await this.#append(transactionId, (log) =>
      log.begin({ ...this.#whose, enableRollback, checkpoint, checkpointHash: checkpointHash(saved) }),
    );
    await this.announce(transactionId);
    await this.prune();
    await pruneDeployed(this.store, this.stack, current);
  }

  /** Resumes a transaction of an earlier run: the end of that run does not count any more. */
  async resume(transactionId: string): Promise<void> {
    await this.store.remove(failedFile(transactionId));
    await this.noteStateHash(transactionId, undefined);
  }

  /** Ends a transaction that changed nothing, so that there is nothing to commit or roll back. */
  async endWithoutEffects(transactionId: string): Promise<void> {
    await this.#append(transactionId, (log) => log.rolledBack());
    await this.withdraw();
  }

  /**
   * Begins the log of a run that is no transaction, such as a destroy: no checkpoint is saved, nothing is announced, and no
   * rollback takes it back.
   * @returns its id
   */
  async beginRun(): Promise<string> {
    const transactionId = newTransactionId(this.stack, this.#options.clock ?? systemClock);
    await this.prune();
    await this.#append(transactionId, (log) => this.beginPlain(log));
    return transactionId;
  }

  /** Writes the first line of a log without a checkpoint. */
  beginPlain(log: TransactionLog): Promise<void> {
    return log.begin({ ...this.#whose, enableRollback: false });
  }

  /** Ends the log of such a run, if the run changed nothing. An announced transaction stays announced. */
  endRun(transactionId: string): Promise<void> {
    return this.#append(transactionId, (log) => log.rolledBack());
  }

  /**
   * Commits the log of a rollback or of a run that is no transaction, if there is one. The commit settles the objects that
   * the rollback itself made.
   * @param stateHash hash of the state that the engine has written
   */
  async settle(transactionId: string, stateHash?: string): Promise<void> {
    if ((await this.entries(transactionId)).length > 0)
      await this.#append(transactionId, (log) => log.commit(stateHash));
  }

  /**
   * Removes the oldest ended logs with the files beside them. Of those that were rolled back as many stay as of the settled
   * ones, which were committed or changed nothing: failures in a row then push out no success. Open logs stay.
   */
  async prune(keep = KEPT_LOGS): Promise<void> {
    const logs = await this.logs();
    const rolledBack = logs.filter((log) => hasEnded(log) && !isSettled(log));
    const old = [logs.filter(isSettled), rolledBack]
      .flatMap((ended) => ended.slice(0, Math.max(0, ended.length - keep)))
      .flatMap(([begin]) => begin?.transactionId ?? []);
    if (old.length === 0) return;
    // what is removed must be in the history before
    await this.seal(logs);
    await addToHistory(this, [{ kind: "pruned", at: this.#now(), logs: old.map(logFile) }]);
    for (const id of old) for (const name of [logFile(id), ...filesBeside(id)]) await this.store.remove(name);
  }

  /**
   * Adds the logs that have ended since to the history of the stack. Nothing depends on the history, so a failure is
   * only said.
   */
  async seal(logs?: readonly Entry[][]): Promise<void> {
    try {
      await addEnded(this, logs ?? (await this.logs()));
    } catch (error) {
      this.#warn(`The history of stack '${this.stack}' was not continued: ${messageOf(error)}`);
    }
  }

  #warn(line: string): void {
    if (this.#options.warn) this.#options.warn(line);
    else process.stderr.write(`${line}\n`);
  }

  #now(): string {
    return new Date((this.#options.clock ?? systemClock).now()).toISOString();
  }

  /** The end of the last run of an open transaction. @param log of the transaction, or of its rollback */
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

  /** Notes that a run ended by itself with a failure. Without the note, the next run would assume that it was cut off. */
  noteFailure(transactionId: string): Promise<void> {
    return this.store.write(failedFile(transactionId), "");
  }

  /** Notes how to reach the objects of a transaction, for its rollback. */
  noteProvider(transactionId: string, configuration: object): Promise<void> {
    return this.store.write(providerFile(transactionId), JSON.stringify(configuration));
  }

  get #whose() {
    const { project, backend } = this.identity;
    return { stack: this.stack, ...(project && { project }), ...(backend && { backend }) };
  }

  #isOwn(begin: Entry | undefined): boolean {
    return begin?.kind !== "begin" || identityDifference(begin, this.identity) === undefined;
  }

  #isOfProject(begin: Entry | undefined): boolean {
    return begin?.kind !== "begin" || identityDifference(begin, this.identity) !== "project";
  }

  async #append(transactionId: string, note: (log: TransactionLog) => Promise<void>): Promise<void> {
    const log = await this.openLog(transactionId);
    await note(log);
    await log.close();
  }

  /** The entries of a log, if it belongs to this stack; else undefined. */
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
