import type { Run } from "../../run/run.ts";
import { repeatWhile } from "../../run/waits.ts";

/** Longest wait for a display name that the service still holds for a deleted item. Waits of minutes are known. */
const NAME_DEADLINE_MS = 10 * 60_000;

/** Repeats work while the service holds the display name for an item deleted a moment ago, and reports the wait. */
export const onceTheNameIsFree = <T>(run: Run, work: () => Promise<T>): Promise<T> =>
  repeatWhile(
    run,
    {
      isWaitedFor: ({ errorCode }) => errorCode === "ItemDisplayNameNotAvailableYet",
      says: ({ operation }) => `${operation}: the name is not free yet after a delete; waiting for it.`,
      deadlineMs: NAME_DEADLINE_MS,
    },
    work,
  );
