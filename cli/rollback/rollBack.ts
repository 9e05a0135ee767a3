import { builtUpon } from "../../lib/transactions/builtUpon.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { rollbackLogOf } from "../../lib/transactions/transactionFiles.ts";
import { freeStaleLock } from "../transaction/stackLock.ts";
import type { TransactionLog } from "../../lib/transactions/transactionLog.ts";
import { forcingNothing } from "../commandLine/forcingOptions.ts";
import type { Leftover } from "../transaction/leftovers.ts";
import type { UnsettledCreate } from "../../lib/transactions/unsettled.ts";
import { checkpointHash } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { giveBack } from "./giveBack.ts";
import { lostData } from "./lostData.ts";
import { Orphans } from "./orphans.ts";
import { nothingObserved, plan } from "./plan.ts";
import type { Known, Observed, Step } from "./plan.ts";
import { remove, restore } from "./restore.ts";
import type { EngineFailure } from "./restore.ts";
import { RollbackRefused } from "./rollbackRefused.ts";
import { RollbackRun } from "./rollbackRun.ts";
import type { WrittenObject } from "./writtenObjects.ts";
import { assertOpenPlaces } from "../transaction/openPlaces.ts";
import { awaitOperations } from "../transaction/operationsOfEarlierRuns.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";
import { decryptedCheckpoint, importCheckpoint, refreshStack } from "./stackState.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { unknownSteps } from "./unknownSteps.ts";

/** A transaction to roll back. */
export interface TransactionOrder extends StackAccess {
  readonly transactions: StackTransactions;
  readonly transactionId: string;
  /** Where lines go. */
  readonly say: (line: string) => void;
}

/**
 * Takes a stack back to its state before a transaction: the engine restores the saved checkpoint, orphans of the log are
 * removed, and the result is compared with the checkpoint.
 * @returns what must be done by hand; empty if the rollback is complete
 * @throws RollbackRefused, RefusedError, or Error if it cannot begin; nothing was changed then
 */
export async function rollBack(order: TransactionOrder & { readonly reason: string }): Promise<Leftover[]> {
  const { transactions, transactionId } = order;
  await assertOpenPlaces({ env: order.env, store: transactions.store }, await transactions.logs());
  const stateHash = await transactions.stateHash(transactionId);
  await assertNotBuiltUpon(order, stateHash);
  const saved = await transactions.savedCheckpoint(transactionId);
  const plain = saved && (await decryptedCheckpoint(order, saved));
  const { env, say } = order;
  await awaitOperations({ env, store: transactions.store, say }, [await transactions.entries(transactionId)]);
  await using rollback = new Rollback(order, await transactions.openLog(transactionId));
  for (;;) {
    const known = await rollback.look(saved, stateHash === undefined);
    const steps = plan(known, rollback.observed);
    const [step] = steps;
    if (!step || !plain || step.kind === "refuse")
      throw new RollbackRefused(step?.kind === "refuse" ? step.reason : "");
    await rollback.begin();
    if (step.kind === "report" || step.kind === "finish") {
      const lost = saved ? lostData(known.current, saved) : [];
      for (const line of lost) say(line);
      return await rollback.end(step, lost.length);
    }
    // leading orphans are removed together: none of them changes anything that the others depend on
    if (step.kind === "compensate") await rollback.compensate(leading(steps), known.current);
    else if (step.kind === "giveBack") await rollback.giveBack(step.objects);
    else await rollback.take(step, plain, known.current);
  }
}

/** A rollback in progress: it keeps a record of its work, and carries out steps. */
class Rollback implements AsyncDisposable {
  readonly #order: TransactionOrder & { readonly reason: string };
  readonly #log: TransactionLog;
  readonly #access: StackAccess;
  readonly #run: RollbackRun;
  readonly #orphans: Orphans;
  #observed: Observed = nothingObserved;
  #failures: EngineFailure[] = [];
  readonly #leftovers: Leftover[] = [];
  readonly #told = new Set<string>();
  #hasBegun = false;

  /** @param log of the transaction */
  constructor(order: TransactionOrder & { readonly reason: string }, log: TransactionLog) {
    this.#order = order;
    this.#log = log;
    const { transactionId, transactions, say } = order;
    // the rollback has a log of its own, because it is no part of the transaction that it undoes
    const own = { FABRIC_ROLLBACK_OF: transactionId, FABRIC_TRANSACTION_ID: rollbackLogOf(transactionId) };
    this.#access = { ...order, env: { ...order.env, ...forcingNothing(order.env), ...own } };
    this.#run = new RollbackRun({ env: this.#access.env, store: transactions.store });
    this.#orphans = new Orphans(this.#run, say);
  }

  get observed(): Observed {
    return { ...this.#observed, failures: this.#failures };
  }

  /** Collects the facts of the moment. */
  async look(saved: Checkpoint | undefined, isCutOff: boolean): Promise<Known> {
    const { transactions, transactionId } = this.#order;
    return {
      log: await transactions.entries(transactionId),
      rollbackLog: await transactions.entries(rollbackLogOf(transactionId)),
      saved,
      current: await exportCheckpoint(this.#access),
      isCutOff,
    };
  }

  /** Announces the beginning, once. From there on, the rollback itself changes the state. */
  async begin(): Promise<void> {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { transactions, transactionId, reason, say } = this.#order;
    await this.#log.rollback(reason);
    say(`Rolling back transaction ${transactionId}. Reason: ${reason}`);
    await transactions.noteStateHash(transactionId, undefined);
  }

  /** Carries out a step by the engine. */
  async take(step: EngineStep, plain: Checkpoint, current: Checkpoint): Promise<void> {
    const { say } = this.#order;
    // a second attempt restores what the first one has restored already, and what it failed at
    const once = (line: string) => {
      const isRepeated = this.#told.has(line) && /^(Restoring|Making) /.test(line);
      this.#told.add(line);
      if (!isRepeated) say(line);
    };
    const { restores } = this.#observed;
    await this.#run.close();
    // the engine of the step before may have been killed
    await freeStaleLock(this.#access);
    if (step.kind === "import") await importCheckpoint(this.#access, step.checkpoint);
    else if (step.kind === "reread") {
      await refreshStack(this.#access, step.urns);
      this.#observed = { ...this.#observed, isReread: true };
    } else if (step.kind === "restore") {
      // what is excluded has failed before, and that failure stays its reason
      const excluded = this.#failures.filter(({ urn }) => step.exclude.includes(urn));
      const failed = await restore(this.#access, { saved: plain, current, exclude: step.exclude }, once);
      this.#failures = [...excluded, ...failed];
      this.#observed = { ...this.#observed, restores: restores + 1, restoredFrom: checkpointHash(current) };
    } else {
      const others = this.#failures.filter(({ urn }) => !step.urns.includes(urn));
      this.#failures = [...others, ...(await remove(this.#access, step.urns, say))];
      const which = restores === 0 ? "removalsBefore" : "removals";
      this.#observed = { ...this.#observed, [which]: this.#observed[which] + 1 };
    }
  }

  /** Removes orphans. */
  async compensate(orphans: readonly UnsettledCreate[], current: Checkpoint): Promise<void> {
    for (const orphan of orphans) this.#leftovers.push(...(await this.#orphans.remove(orphan, this.#log, current)));
    const compensated = new Set([...this.#observed.compensated, ...orphans.map(({ step }) => step)]);
    this.#observed = { ...this.#observed, compensated };
  }

  /** Restores the values that the transaction found on objects. */
  async giveBack(objects: readonly WrittenObject[]): Promise<void> {
    const run = await this.#run.of(this.#order.transactionId);
    // a pull is taken back after what was written to its items, and a workspace gets its capacity back once nothing in it needs
    // the other one
    const turn = ({ resourceType }: WrittenObject) => ["GitConnection", "Workspace"].indexOf(resourceType);
    for (const object of objects.toSorted((one, other) => turn(one) - turn(other)))
      this.#leftovers.push(...(await giveBack(run, object, this.#order.say)));
    this.#observed = { ...this.#observed, isGivenBack: true };
  }

  /** Ends the transaction if nothing is left to do. @returns what must be done by hand */
  async end(step: EndStep, lost: number): Promise<Leftover[]> {
    const { transactions, transactionId, say } = this.#order;
    const left = [...this.#leftovers, ...this.#failures.map(({ leftover }) => leftover)];
    for (const { step: unknown, leftover } of unknownSteps(await transactions.entries(transactionId))) {
      await this.#log.compensationFailed(unknown, leftover.reason);
      left.push(leftover);
    }
    const differences = step.kind === "report" ? step.differences : [];
    left.push(...differences.filter(({ what }) => !left.some((known) => known.what === what)));
    if (left.length > 0) return left;
    await transactions.settle(rollbackLogOf(transactionId));
    await this.#log.rolledBack();
    const but = lost === 0 ? "" : `, but for the data of ${lost === 1 ? "one object" : `${lost} objects`} (see above)`;
    say(`✓ Transaction ${transactionId} fully rolled back${but}`);
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run[Symbol.asyncDispose]();
    await this.#log.close();
  }
}

type EngineStep = Extract<Step, { kind: "import" | "reread" | "restore" | "remove" }>;
type EndStep = Extract<Step, { kind: "report" | "finish" }>;

/** The orphans at the beginning of a plan. */
function leading(steps: readonly Step[]): UnsettledCreate[] {
  const end = steps.findIndex(({ kind }) => kind !== "compensate");
  return steps.slice(0, end).flatMap((step) => (step.kind === "compensate" ? [step.orphan] : []));
}

async function assertNotBuiltUpon(order: TransactionOrder, stateHash: string | undefined): Promise<void> {
  const { transactions, transactionId } = order;
  const reason = builtUpon(
    await transactions.entries(transactionId),
    await transactions.logs(),
    await exportCheckpoint(order),
    stateHash,
  );
  if (reason !== undefined) throw new RollbackRefused(reason);
}
