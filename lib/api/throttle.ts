import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { Budget } from "./budget.ts";
import { QUOTA_WINDOW_MS, bucketsOf, documentedQuotas } from "./quota.ts";
import type { Bucket, Counted, Quotas } from "./quota.ts";

/** Share of the platform's quota for polls that come sooner than Retry-After says. */
const EARLY_POLLS = 0.1;

/** Longest wait without a message to the user. */
const LONG_WAIT_MS = 5_000;

/** A call that passed the gate. The gate learns from its answer. */
export interface Passage {
  /** The call was answered, and not refused by quota. */
  passed(): void;
  /** The call's quota is used up for this number of milliseconds. */
  refused(ms: number): void;
}

/** Settings of a gate. */
export interface ThrottleOptions {
  /** @default the service's documented quotas */
  readonly quotas?: Quotas;
  /** Window of the quotas, in ms; 0 turns counting off. @default a minute */
  readonly windowMs?: number;
  /** Called with the wait in ms, if calls are held back for longer than {@link LONG_WAIT_MS}. */
  readonly onHeld?: (ms: number) => void;
}

interface Waiting {
  readonly admit: (passage: Passage) => void;
}

/** Queue of calls that count in the same buckets. */
interface Line {
  readonly budgets: readonly Budget[];
  readonly waiting: Waiting[];
  /** Ends the wait of the first call; undefined while no call waits. */
  wake: AbortController | undefined;
  /** When the line's last call went out, counted in calls of the gate. */
  turn: number;
}

/**
 * The gate that every call of the process passes. The service's quota is per identity, not per call: after one refusal, the
 * service refuses every other call until the same time, and counts it. So the gate lets out only the calls that the quota
 * allows. The gate has no slots: a slow answer or a running operation does not hold up other calls.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #onHeld: (ms: number) => void;
  readonly #earlyPolls: Budget;
  readonly #earlyLimit: number;
  readonly #budgets: Readonly<Record<Bucket, Budget>>;
  readonly #lines = new Map<string, Line>();
  #turns = 0;

  constructor(clock: Clock = systemClock, options: ThrottleOptions = {}) {
    const { quotas = documentedQuotas, windowMs = QUOTA_WINDOW_MS, onHeld = () => undefined } = options;
    const budget = (bucket: Bucket) => new Budget(quotas[bucket], windowMs);
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#onHeld = onHeld;
    this.#earlyLimit = quotas.platform * EARLY_POLLS;
    this.#earlyPolls = new Budget(this.#earlyLimit, windowMs);
    this.#budgets = {
      platform: budget("platform"),
      jobs: budget("jobs"),
      operations: budget("operations"),
      createWorkspace: budget("createWorkspace"),
      bulkImport: budget("bulkImport"),
    };
  }

  /** Holds back every call for this number of milliseconds, unless the gate is closed for longer already. */
  pause(ms: number): void {
    for (const budget of Object.values(this.#budgets)) budget.close(this.#clock.now() + ms);
  }

  /** Resolves as soon as a call may go out; rejects if the signal aborts. */
  pass(signal?: AbortSignal, call: Counted = { method: "GET", path: "/" }): Promise<Passage> {
    const buckets = bucketsOf(call);
    const line = this.#lineOf(buckets);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const waiting: Waiting = {
        admit(passage) {
          signal?.removeEventListener("abort", leave);
          resolve(passage);
        },
      };
      const leave = () => {
        line.waiting.splice(line.waiting.indexOf(waiting), 1);
        // a timer without a waiting call would keep the process alive
        if (line.waiting.length === 0) line.wake?.abort();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", leave, { once: true });
      line.waiting.push(waiting);
      if (line.wake === undefined) void this.#move(line);
    });
  }

  /**
   * Whether a poll may come sooner than the service asks for. An allowed poll is counted. The service does not refuse early
   * polls, but they are not necessary: they may take a tenth of the quota, and further polls of an operation only half of
   * that tenth.
   * @param nth number of the poll within its operation, from 1
   */
  mayPollEarly(nth: number): boolean {
    if (this.#windowMs === 0) return true;
    const now = this.#clock.now();
    const spent = this.#earlyPolls.spentShare(now);
    if (spent >= (nth === 1 ? 1 : 0.5)) return false;
    this.#earlyPolls.spend(now);
    return true;
  }

  #lineOf(buckets: readonly Bucket[]): Line {
    const key = buckets.join(" ");
    const known = this.#lines.get(key);
    if (known) return known;
    const line: Line = {
      budgets: buckets.map((bucket) => this.#budgets[bucket]),
      waiting: [],
      wake: undefined,
      turn: 0,
    };
    this.#lines.set(key, line);
    return line;
  }

  /** Lets the calls of a line out, one after the other, until none waits. */
  async #move(line: Line): Promise<void> {
    while (line.waiting.length > 0) {
      const now = this.#clock.now();
      const at = nextAt(line, now);
      if (at > now) {
        line.wake = new AbortController();
        if (at - now > LONG_WAIT_MS) this.#onHeld(at - now);
        await this.#clock.sleep(at - now, line.wake.signal).catch(() => undefined);
        continue;
      }
      this.#letOut(this.#firstAt(now) ?? line, now);
    }
    line.wake = undefined;
  }

  /**
   * The line whose turn it is: of several, the one that has waited longest. Without turns, a line with many calls would take
   * every place in a quota that it shares with others, because its timer is always the older one.
   */
  #firstAt(now: number): Line | undefined {
    const ready = [...this.#lines.values()].filter((line) => line.waiting.length > 0 && nextAt(line, now) <= now);
    return ready.toSorted((one, other) => one.turn - other.turn)[0];
  }

  #letOut(line: Line, now: number): void {
    for (const budget of line.budgets) budget.spend(now);
    line.turn = ++this.#turns;
    line.waiting.shift()?.admit(this.#passageOf(line, now));
    // see `leave`
    if (line.waiting.length === 0) line.wake?.abort();
  }

  #passageOf({ budgets }: Line, sentAt: number): Passage {
    return {
      passed: () => {
        const isMore = budgets.map((budget) => budget.passed(sentAt)).includes(true);
        if (isMore) for (const { wake } of this.#lines.values()) wake?.abort();
      },
      refused: (ms) => {
        const now = this.#clock.now();
        // the answer does not name the exhausted quota of the call: the fullest one is taken
        const [fullest, ...others] = budgets.toSorted((one, other) => other.spentShare(now) - one.spentShare(now));
        fullest?.refused(now, now + ms, sentAt);
        for (const other of others) other.passed(sentAt);
      },
    };
  }
}

/** Time at which a line's next call may go out: now, or later. */
const nextAt = ({ budgets }: Line, now: number): number => Math.max(...budgets.map((budget) => budget.nextAt(now)));
