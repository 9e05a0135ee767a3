import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";

/**
 * The gate that every call of the process passes. The service's quota is per identity, not per call: when it refuses one
 * call until a moment, every other would be refused as well, and counted.
 */
export class Throttle {
  readonly #clock: Clock;
  #closedUntil = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Holds back every call from now on for so many milliseconds, unless they are held back for longer already. */
  pause(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.now() + ms);
  }

  /** Resolves as soon as calls may go out; rejects when the signal aborts. */
  async pass(signal?: AbortSignal): Promise<void> {
    for (let left; (left = this.#closedUntil - this.#clock.now()) > 0;) await this.#clock.sleep(left, signal);
  }
}
