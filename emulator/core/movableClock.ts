import type { Clock } from "../../lib/clock.ts";

/** A clock that can be set forward, so that nobody has to wait for what the service does by time. */
export interface MovableClock extends Clock {
  /** Sets the clock forward. */
  advance(ms: number): void;
}

/** A clock that goes as another one does, and can be set forward. Waits that have begun are not shortened. */
export function movable(clock: Clock): MovableClock {
  let ahead = 0;
  return {
    now: () => clock.now() + ahead,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    advance(ms) {
      ahead += ms;
    },
  };
}
