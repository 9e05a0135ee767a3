import { isFabricError } from "../../../lib/api/fabricError.ts";
import type { Run } from "../../run/run.ts";

/** Longest wait for a display name that the service still holds for a deleted item. Waits of minutes are known. */
const NAME_DEADLINE_MS = 10 * 60_000;

/** Repeats work while the service holds the display name for an item deleted a moment ago, and reports the wait. */
export async function onceTheNameIsFree<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const deadline = run.clock.now() + NAME_DEADLINE_MS;
  for (let pause = 2_000, warned = false; ; pause = Math.min(pause * 2, 30_000)) {
    try {
      return await work();
    } catch (error) {
      if (!isFabricError(error, "ItemDisplayNameNotAvailableYet") || run.clock.now() + pause > deadline) throw error;
      if (!warned) run.warn(`${error.operation}: the name is not free yet after a delete; waiting for it.`);
      warned = true;
      await run.clock.sleep(pause);
    }
  }
}
