import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { Budget } from "./budget.ts";
import { QUOTA_WINDOW_MS, bucketsOf, documentedQuotas } from "./quota.ts";
import type { Bucket, Counted, Quotas } from "./quota.ts";

/** The part of the platform's quota that polls may take which come sooner than Retry-After says. */
const EARLY_POLLS = 0.1;

/** A wait that somebody who watches a deployment wonders about. */
const LONG_WAIT_MS = 5_000;

/** A call that went through the gate, so that the gate learns from its answer. */
export interface Passage {
  /** It was answered, and not by a refusal of its quota. */
  passed(): void;
  /** Its quota is used up for so many milliseconds more. */
  refused(ms: number): void;
}

/** How a gate is made. */
export interface ThrottleOptions {
  /** @default those that the service documents */
  readonly quotas?: Quotas;
  /** What the quotas count in, in ms; 0 counts nothing. @default a minute */
  readonly windowMs?: number;
  /** Told when calls are held back for longer than {@link LONG_WAIT_MS}, and for how long. */
  readonly onHeld?: (ms: number) => void;
}

interface Waiting {
  readonly admit: (passage: Passage) => void;
}

/** Calls that count in the same buckets, in the order in which they came. */
interface Line {
  readonly budgets: readonly Budget[];
  readonly waiting: Waiting[];
  /** Ends the wait of its first call; undefined while nobody waits. */
  wake: AbortController | undefined;
}

/**
 * The gate that every call of the process passes. The service's quota is per identity, not per call: when it refuses one
 * call until a moment, every other would be refused as well, and counted. So the gate lets out what the quota allows, and
 * holds the rest back. It has no places: a call that is answered slowly, or an operation that is waited for, holds nobody up.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #onHeld: (ms: number) => void;
  readonly #earlyPolls: Budget;
  readonly #earlyLimit: number;
  readonly #budgets: Readonly<Record<Bucket, Budget>>;
  readonly #lines = new Map<string, Line>();

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

  /** Holds back every call from now on for so many milliseconds, unless they are held back for longer already. */
  pause(ms: number): void {
    for (const budget of Object.values(this.#budgets)) budget.close(this.#clock.now() + ms);
  }

  /** Resolves as soon as a call may go out; rejects when the signal aborts. */
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
        // a wait for nobody would keep the process alive
        if (line.waiting.length === 0) line.wake?.abort();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", leave, { once: true });
      line.waiting.push(waiting);
      if (line.wake === undefined) void this.#move(line);
    });
  }

  /**
   * Whether an operation may be asked for sooner than the service wants, and if so, counts it. Nobody refuses such polls,
   * but they are calls that need not be: they may take a tenth of the quota, and only a half of that those that come after
   * the first of their operation.
   * @param nth which poll of its operation it is, from 1
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
    const line: Line = { budgets: buckets.map((bucket) => this.#budgets[bucket]), waiting: [], wake: undefined };
    this.#lines.set(key, line);
    return line;
  }

  /** Lets the calls of a line out, one after the other, until nobody waits. */
  async #move(line: Line): Promise<void> {
    while (line.waiting.length > 0) {
      const now = this.#clock.now();
      const at = Math.max(...line.budgets.map((budget) => budget.nextAt(now)));
      if (at > now) {
        line.wake = new AbortController();
        if (at - now > LONG_WAIT_MS) this.#onHeld(at - now);
        await this.#clock.sleep(at - now, line.wake.signal).catch(() => undefined);
        continue;
      }
      for (const budget of line.budgets) budget.spend(now);
      line.waiting.shift()?.admit(this.#passageOf(line, now));
    }
    line.wake = undefined;
  }

  #passageOf({ budgets }: Line, sentAt: number): Passage {
    return {
      passed: () => {
        const isMore = budgets.map((budget) => budget.passed(sentAt)).includes(true);
        if (isMore) for (const { wake } of this.#lines.values()) wake?.abort();
      },
      refused: (ms) => {
        const now = this.#clock.now();
        // the answer does not say which of its quotas a call was above: the one that is used up most
        const [fullest, ...others] = budgets.toSorted((one, other) => other.spentShare(now) - one.spentShare(now));
        fullest?.refused(now, now + ms, sentAt);
        for (const other of others) other.passed(sentAt);
      },
    };
  }
}
