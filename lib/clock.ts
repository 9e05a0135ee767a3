import { setTimeout as delay } from "node:timers/promises";

/**
 * The source of time for back-off, cache age and breakers, so that tests can move time by hand. Deadlines of single calls use
 * AbortSignals instead.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's time when the process began, as the machine's clock has it now; the later of two opinions counts. */
let begin = performance.timeOrigin;

/**
 * The real time. It never goes back, as the machine's clock does when it is corrected: a wait until a time would last as much
 * longer, and nothing would grow old meanwhile.
 */
export const systemClock: Clock = {
  now() {
    const since = performance.now();
    begin = Math.max(begin, Date.now() - since);
    return Math.floor(begin + since);
  },
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
