import Opossum from "opossum";
import { messageOf } from "./api/messageOf.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";

/** CLOSED lets calls through, OPEN refuses them, and HALF_OPEN lets one probe through. */
export type BreakerState = "CLOSED" | "OPEN" | "HALF_OPEN";

/** Settings of a {@link CircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** Consecutive failures that open the breaker. @default 5 */
  failureThreshold?: number;
  /** Seconds until the breaker lets a probe through. @default 60 */
  recoveryTimeout?: number;
  /** Whether an error counts as a failure. Other errors are thrown and change nothing. @default every error counts */
  expectedException?: (error: unknown) => boolean;
  clock?: Clock;
}

/** The breaker refused a call, because the service kept failing. The service was not called. */
export class CircuitOpenError extends Error {
  override readonly name = "CircuitOpenError";
  readonly code = "CircuitOpen";
}

/**
 * Stops calls to a failing service. After `failureThreshold` consecutive failures the breaker refuses calls for
 * `recoveryTimeout` seconds, then lets one probe through. A successful probe closes the breaker; a failed probe opens it again.
 *
 * opossum keeps the state and the timer. This class counts failures and chooses the probe, for three reasons:
 * - opossum's percentages cannot express "five in a row".
 * - opossum counts an ignored error as a success.
 * - opossum in HALF_OPEN closes on the late success of a call that began before the breaker opened.
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

  /** HALF_OPEN as soon as the recovery time is over, even before a probe. */
  get state(): BreakerState {
    if (this.#opossum.closed) return "CLOSED";
    const isTimeUp = this.#clock.now() - this.#openedAt >= this.#recoveryMs;
    return this.#opossum.halfOpen || isTimeUp ? "HALF_OPEN" : "OPEN";
  }

  /**
   * Calls a function, unless the breaker refuses.
   * @throws CircuitOpenError while the breaker is open or another call is the probe; otherwise the function's own error
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
    // closing first restarts opossum's timer, which otherwise keeps running if `clock` is ahead of it
    this.#opossum.close();
    this.#opossum.open();
    this.#failures = 0;
    this.#openedAt = this.#clock.now();
  }

  #refusal(): CircuitOpenError {
    const left = Math.max(0, Math.ceil((this.#openedAt + this.#recoveryMs - this.#clock.now()) / 1000));
    const last = messageOf(this.#lastError);
    return new CircuitOpenError(`Circuit breaker OPEN: the next probe is in ${left} s. The last error was: ${last}`);
  }
}
