import type { Clock } from "../clock.ts";

/** Default of `fabric:throttleBudget`, in seconds. */
export const THROTTLE_BUDGET_S = 600;
/** Longest pause after a refusal without Retry-After, relative to the first one: 2, 4, 8, 16, 30 s. */
const LONGEST = 15;

/**
 * The time that a process waits for throttling in all before it gives up. The service refuses every call of an identity until a
 * window is over, so calls that wait at the same time wait once.
 */
export class ThrottleBudget {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #spentMs = 0;
  #until = 0;

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** Whether a call may wait so long from now on; an allowed wait is spent. */
  grant(ms: number): boolean {
    const end = this.#clock.now() + ms;
    const more = Math.max(0, end - Math.max(this.#until, this.#clock.now()));
    // without a budget, waits of no length would never end
    if (this.#budgetMs <= 0 || this.#spentMs + more > this.#budgetMs) return false;
    this.#spentMs += more;
    this.#until = Math.max(this.#until, end);
    return true;
  }
}

/**
 * Pause after a refusal by quota, in ms. Pure.
 * @param nth number of refusals of the call so far, from 1
 */
export const throttlePause = (nth: number, retryAfterSeconds: number | undefined, baseMs: number): number =>
  Math.max(baseMs * Math.min(2 ** (nth - 1), LONGEST), (retryAfterSeconds ?? 0) * 1_000);
