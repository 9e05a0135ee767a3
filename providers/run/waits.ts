import { isFabricError } from "../../lib/api/fabricError.ts";
import type { FabricError } from "../../lib/api/fabricError.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Run } from "./run.ts";

/* Waits for what the service finishes by itself: each pause is twice as long as the one before. */

/** How long is waited. */
export interface Pauses {
  /** The first pause, in ms. */
  readonly firstMs: number;
  /** The longest pause, in ms. */
  readonly mostMs: number;
  /** Longest time in all, in ms. */
  readonly deadlineMs: number;
}

/**
 * Looks at once and after each pause, until a look has found something.
 * @returns what was found; undefined if the next look would come after the deadline
 */
export async function lookUntil<T>(
  clock: Clock,
  { firstMs, mostMs, deadlineMs }: Pauses,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = clock.now() + deadlineMs;
  for (let pause = firstMs; ; pause = Math.min(pause * 2, mostMs)) {
    const found = await look();
    if (found !== undefined) return found;
    if (clock.now() + pause > end) return undefined;
    await clock.sleep(pause);
  }
}

/** A refusal that is only a question of time. */
export interface PassingRefusal {
  /** Whether an error is that refusal. */
  readonly isWaitedFor: (error: FabricError) => boolean;
  /** The line that tells of the wait. It is said once. */
  readonly says: (error: FabricError) => string;
  /** Longest time in all, in ms. */
  readonly deadlineMs: number;
}

/**
 * Repeats work while the service refuses it for a reason that passes.
 * @throws any other error of the work at once, and that refusal after the deadline
 */
export async function repeatWhile<T>(
  run: Pick<Run, "clock" | "warn">,
  { isWaitedFor, says, deadlineMs }: PassingRefusal,
  work: () => Promise<T>,
): Promise<T> {
  const end = run.clock.now() + deadlineMs;
  for (let pause = 2_000, isTold = false; ; pause = Math.min(pause * 2, 30_000)) {
    try {
      return await work();
    } catch (error) {
      if (!isFabricError(error) || !isWaitedFor(error) || run.clock.now() + pause > end) throw error;
      if (!isTold) run.warn(says(error));
      isTold = true;
      await run.clock.sleep(pause);
    }
  }
}
