import type { FaultRule } from "../../emulator/core/faults.ts";
import { rollbackLogOf } from "../../lib/transactions/transactionFiles.ts";
import { unsettledCreates } from "../../lib/transactions/unsettled.ts";
import { undoStep } from "../../providers/engine/undoStep.ts";
import { allKinds } from "../../providers/kinds/kinds.ts";
import { foreign } from "../doubles/foreignAnswers.ts";
import { madeUpFamily, madeUpKinds } from "../doubles/madeUpKinds.ts";
import { Wire } from "../doubles/wire.ts";
import { Bench, TRANSACTION } from "./providerBench.ts";
import type { Handler, ProcessOptions } from "./providerBench.ts";
import { addHolders } from "./subjects.ts";
import type { Subject } from "./subjects.ts";

/* One operation of a provider process, with a fault in one of its calls. */

const undoable = [...allKinds, ...Object.values(madeUpKinds)];
/** What a process of a rollback is told. */
export const rollback = { FABRIC_ROLLBACK_OF: TRANSACTION, FABRIC_TRANSACTION_ID: rollbackLogOf(TRANSACTION) };

const attempts = { sticky: true, times: 4 } as const;

/** What becomes of one call. */
export interface Outcome {
  readonly rule?: FaultRule;
  /** Whether Ctrl-C is pressed when the call has been sent. */
  readonly isInterrupted?: boolean;
  /** Whether the process is killed when the service has acted on the call. */
  readonly isKilled?: boolean;
  /** Whether somebody else's page comes instead of the answer. */
  readonly isPage?: boolean;
}

/** Every outcome that a call can have, in words. */
export const outcomes: Readonly<Record<string, Outcome>> = {
  "is refused": { rule: { status: 400, errorCode: "Broken" } },
  "is forbidden": { rule: { status: 403, errorCode: "InsufficientPrivileges" } },
  "is in conflict": { rule: { status: 409, errorCode: "Conflict" } },
  "is answered by 503 once": { rule: { status: 503, errorCode: "Unavailable" } },
  "is answered by 503 for ever": { rule: { status: 503, errorCode: "Unavailable", ...attempts } },
  "is lost before its effect": { rule: { drop: "before", ...attempts } },
  "is lost after its effect": { rule: { drop: "after", ...attempts } },
  "is answered by a page": { isPage: true },
  "is the last before Ctrl-C": { rule: {}, isInterrupted: true },
  "is the last before the process is killed": { rule: { drop: "after" }, isKilled: true },
};

/** Whether an outcome is tried where not all are: those that leave something behind always, of the others every second one. */
export const isTried = ({ rule, isKilled }: Outcome, cell: number): boolean =>
  isKilled === true || rule?.drop === "after" || cell % 2 === 0;

/** How an operation ended. */
export interface Ended<T> {
  readonly result?: T;
  readonly error?: Error & { readonly id?: string; readonly properties?: Record<string, unknown> };
  /** Whether there were fewer calls than that. */
  readonly isPastItsEnd: boolean;
}

/** An emulator with what holds the objects, and what an operation does to it. */
export class FaultyBench implements AsyncDisposable {
  readonly bench: Bench;
  readonly #hooks: { onFault: () => void };
  /** Every call goes over it. */
  readonly #wire: Wire;

  private constructor(bench: Bench, hooks: { onFault: () => void }, wire: Wire) {
    this.bench = bench;
    this.#hooks = hooks;
    this.#wire = wire;
  }

  static async start(): Promise<FaultyBench> {
    const hooks = { onFault: () => undefined };
    const bench = await Bench.start(() => hooks.onFault(), { families: [madeUpFamily] });
    addHolders(bench);
    const wire = await Wire.to(Number(new URL(bench.emulator.origin).port));
    bench.endpoint = `http://127.0.0.1:${wire.port}/v1`;
    return new FaultyBench(bench, hooks, wire);
  }

  /** Lets a process do something without a fault. */
  async calm<T>(
    { kind }: Subject,
    work: (process: Handler) => Promise<T>,
    env: NodeJS.ProcessEnv = {},
    options: ProcessOptions = {},
  ): Promise<T> {
    const process = await this.bench.process(kind, env, { isPatient: false, ...options });
    try {
      return await work(process);
    } finally {
      await process.end();
    }
  }

  /** Lets a process do something, one call of which has that outcome. */
  async faulty<T>(
    { kind }: Subject,
    { nth, outcome, ...options }: ProcessOptions & { readonly nth: number; readonly outcome: Outcome },
    work: (process: Handler) => Promise<T>,
  ): Promise<Ended<T>> {
    const { emulator } = this.bench;
    const stop = new AbortController();
    const first = emulator.requests().length;
    if (outcome.rule) emulator.faults([{ ...outcome.rule, nth }]);
    this.#hooks.onFault = () => {
      if (outcome.isKilled) this.bench.forkLogs();
      if (outcome.isKilled || outcome.isInterrupted) stop.abort();
    };
    if (outcome.isPage) answerByPage(this.#wire, nth);
    const process = await this.bench.process(kind, {}, { isPatient: false, stop: stop.signal, ...options });
    const isPastItsEnd = () => emulator.requests().length - first < nth;
    try {
      return { result: await work(process), isPastItsEnd: isPastItsEnd() };
    } catch (error) {
      return { error: error as Error, isPastItsEnd: isPastItsEnd() };
    } finally {
      emulator.faults([]);
      this.#wire.replaceAnswers(() => undefined);
      this.#hooks.onFault = () => undefined;
      await process.end();
    }
  }

  /** The calls that a piece of work makes, as method and path. */
  async callsOf(work: () => Promise<unknown>): Promise<string[]> {
    const first = this.bench.emulator.requests().length;
    await work();
    return this.bench.emulator
      .requests()
      .slice(first)
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** Takes back what the logs leave open, as a rollback does if no state knows of it. */
  async undoByTheLog(): Promise<void> {
    const open = unsettledCreates(await this.bench.logs().logs());
    const run = await this.bench.run({ ...rollback, FABRIC_CONFIRM_GONE: "true" }, { isPatient: false });
    for (const one of open.toReversed()) await undoStep(undoable, one)(run, () => false);
    await run.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    await this.#wire[Symbol.asyncDispose]();
  }
}

/** Lets the answer to one of the calls that follow be a page of somebody else; the service has acted on the call. */
function answerByPage(wire: Wire, nth: number): void {
  let passed = 0;
  wire.replaceAnswers(() => (++passed === nth ? foreign["a page with 200"] : undefined));
}
