import { resolve } from "node:path";
import { liveResourcesOf } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { isAddress } from "../logStore/blobPlace.ts";
import { LOG_PLACE, openLogStore } from "../logStore/openLogStore.ts";
import { hasEffects } from "./entry.ts";
import { RefusedError } from "./refusedError.ts";
import { StackTransactions } from "./stackTransactions.ts";
import { messageOf } from "../api/messageOf.ts";

/** A run, and what it knows of its stack. */
export interface PlacedRun {
  readonly projectRoot: string;
  readonly env: NodeJS.ProcessEnv;
  readonly transactions: StackTransactions;
  readonly say: (line: string) => void;
}

/**
 * Refuses to go on at a new place of the log if a transaction is open at the place that the last deployment was configured for. Here
 * nobody knows of that transaction: a rollback would find nothing, and an update would not remove what it made.
 * @param current the stack's present state, whose provider holds that place
 * @throws RefusedError that names both places
 */
export async function assertNoneAtFormerPlace(run: PlacedRun, current: Checkpoint): Promise<void> {
  const { transactions, say } = run;
  const { stack, store } = transactions;
  for (const place of formerPlaces(run, current)) {
    let open: string | undefined;
    try {
      const there = await openLogStore(place, { stack, env: { ...run.env, [LOG_PLACE]: "" } });
      const { identity } = transactions;
      const former = new StackTransactions(there, stack, { identity });
      const unfinished = await former.unfinished();
      if (unfinished !== undefined && hasEffects(await former.entries(unfinished))) open = unfinished;
    } catch (error) {
      const reason = messageOf(error);
      say(`The former place of the transaction log, ${place}, cannot be read (${reason}), so it counts as empty.`);
    }
    if (open !== undefined)
      throw new RefusedError(
        `Transaction ${open} of stack '${stack}' is open, and its log is in ${place}. This run would look for it in ` +
          `${store.where}, so nothing was done. Set fabric:transactionLog (or ${LOG_PLACE}) back to ${place} and finish the ` +
          `transaction: npm run up -- --stack ${stack}, or npm run rollback -- --stack ${stack}. Then change the place.`,
      );
  }
}

/** The places in the state's providers that are not the present one. A relative folder is below the project. */
function formerPlaces({ projectRoot, transactions }: PlacedRun, current: Checkpoint): readonly string[] {
  const { where } = transactions.store;
  const places = liveResourcesOf(current).flatMap(({ inputs }) => {
    const place = inputs?.["fabric:transactionLog"];
    return typeof place === "string" ? [isAddress(place) ? place : resolve(projectRoot, place)] : [];
  });
  const isPresent = (place: string) => comparable(place) === comparable(where);
  return [...new Set(places)].filter((place) => !isPresent(place));
}

const comparable = (place: string) => (isAddress(place) ? place.replace(/\/+$/, "").toLowerCase() : resolve(place));
