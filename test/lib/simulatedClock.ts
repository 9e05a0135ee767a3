import type { Clock } from "../../lib/clock.ts";

interface Event {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that jumps from one event to the next: minutes of a deployment in a moment. */
export class SimulatedClock implements Clock {
  #now = 0;
  #events: Event[] = [];

  now(): number {
    return this.#now;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const event = { at: this.#now + ms, wake: resolve };
      this.#events.push(event);
      signal?.addEventListener("abort", () => {
        this.#events = this.#events.filter((one) => one !== event);
        reject(signal.reason as Error);
      });
    });
  }
  async runUntil(end: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      let next: Event | undefined;
      for (const event of this.#events) if (!next || event.at < next.at) next = event;
      if (!next || next.at > end) return void (this.#now = end);
      this.#events = this.#events.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}
