import type { LogStore } from "../../lib/logStore/logStore.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { assertPlaceOfOpen } from "../../providers/run/placeOfTransaction.ts";

/**
 * Refuses a command that reaches another endpoint or tenant than the open transactions of its stack. A sign-in that fails is no
 * reason to refuse: whatever asks the service next says so, and looks at the place itself.
 * @throws RefusedError that names both places
 */
export function assertOpenPlaces(
  { env, store }: { readonly env: NodeJS.ProcessEnv; readonly store: LogStore },
  logs: readonly (readonly Entry[])[],
): Promise<void> {
  return assertPlaceOfOpen(store, logs, async (note) => {
    // loaded only where a transaction is open
    const { placeReached } = await import("../../providers/run/placeReached.ts");
    return placeReached(note, env).catch(() => undefined);
  });
}
