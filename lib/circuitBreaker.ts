import Opossum from "opossum";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";

/** Whether calls flow (CLOSED), are refused (OPEN), or one is let through to see (HALF_OPEN). */
export type BreakerState = "CLOSED" | "OPEN" | "HALF_OPEN";

/** Settings of a {@link CircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it. @default 5 */
  failureThreshold?: number;
  /** Seconds until a probe is let through. @default 60 */
  recoveryTimeout?: number;
  /** Which errors count; others pass through and change nothing. @default all */
  expectedException?: (error: unknown) => boolean;
  clock?: Clock;
}

/** Refused without a call, because the service kept failing. */
export class CircuitOpenError extends Error {
  override readonly name = "CircuitOpenError";
  readonly code = "CircuitOpen";
}

/**
 * Leaves a failing service alone: after `failureThreshold` failures in a row it refuses calls for `recoveryTimeout`
 * seconds, then lets one through; success closes it, failure opens it again.
 *
 * opossum keeps the state and the timer. Counting and the choice of the probe are done here, because opossum's percentages
 * cannot say "five in a row", it takes an error that does not count for a success, and in HALF_OPEN it closes on the late
 * success of a call that began before it opened.
 */
export class CircuitBreaker {
  readonly #opossum: Opossum;
  readonly #threshold: number;
  readonly #recoveryMs: number;
  readonly #clock: Clock;
  readonly #counts: (error: unknown) => boolean;
  #failures = 0;
  #openedAt = 0;
  #isProbing = false;
  #lastError: unknown;

  constructor(options: CircuitBreakerOptions = {}) {
    const { failureThreshold = 5, recoveryTimeout = 60, expectedException = () => true, clock = systemClock } = options;
    if (!Number.isInteger(failureThreshold) || failureThreshold < 1) {
      throw new RangeError(`failureThreshold must be a whole number of at least 1, got ${failureThreshold}.`);
    }
    this.#threshold = failureThreshold;
    this.#recoveryMs = recoveryTimeout * 1000;
    this.#clock = clock;
    this.#counts = expectedException;
    this.#opossum = new Opossum(async () => undefined, {
      timeout: false,
      resetTimeout: this.#recoveryMs,
      enableSnapshots: false,
      rollingPercentilesEnabled: false,
    });
  }

  /** HALF_OPEN as soon as the time is up, also before the probe. */
  get state(): BreakerState {
    if (this.#opossum.closed) return "CLOSED";
    const isTimeUp = this.#clock.now() - this.#openedAt >= this.#recoveryMs;
    return this.#opossum.halfOpen || isTimeUp ? "HALF_OPEN" : "OPEN";
  }

  /**
   * Calls a function, or refuses to.
   * @throws CircuitOpenError while open, or while another call is the probe; whatever the function throws otherwise
   */
  async call<A extends unknown[], R>(fn: (...args: A) => R | Promise<R>, ...args: A): Promise<R> {
    const isProbe = this.state === "HALF_OPEN" && !this.#isProbing;
    if (!isProbe && this.state !== "CLOSED") throw this.#refusal();
    if (isProbe) this.#isProbing = true;
    try {
      const result = await fn(...args);
      if (isProbe) this.#opossum.close();
      if (this.state === "CLOSED") this.#failures = 0;
      return result;
    } catch (error) {
      if (this.#counts(error)) this.#failed(error, isProbe);
      throw error;
    } finally {
      if (isProbe) this.#isProbing = false;
    }
  }

  #failed(error: unknown, isProbe: boolean): void {
    this.#lastError = error;
    const isReached = this.state === "CLOSED" && ++this.#failures >= this.#threshold;
    if (!isProbe && !isReached) return;
    // closing first restarts the timer even if the clock was ahead of it
    this.#opossum.close();
    this.#opossum.open();
    this.#failures = 0;
    this.#openedAt = this.#clock.now();
  }

  #refusal(): CircuitOpenError {
    const left = Math.max(0, Math.ceil((this.#openedAt + this.#recoveryMs - this.#clock.now()) / 1000));
    const last = this.#lastError instanceof Error ? this.#lastError.message : String(this.#lastError);
    return new CircuitOpenError(`Circuit breaker OPEN: the next probe is in ${left} s. The last error was: ${last}`);
  }
}
