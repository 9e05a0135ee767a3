import { isDeepStrictEqual } from "node:util";
import { mayHaveHadEffect } from "../../lib/api/fabricError.ts";
import { isSameId } from "../../lib/transactions/entry.ts";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { Run } from "../run/run.ts";

/* Changes of several writes that stop half-way: log and state must learn about the writes that were done. */

/** A run that records the writes made through it to an object. */
export interface WatchedRun {
  readonly run: Run;
  /** Intents of writes that had, or may have had, their effect; not those of writes to other objects of the kind. */
  readonly written: readonly Intent[];
}

/** The same run with a record of the writes of one change. */
export function watched(run: Run, resourceType: string, id: string): WatchedRun {
  const written: Intent[] = [];
  // the holder of a name that the object needs may get another one
  const isOfAnother = (intent: Intent) =>
    intent.resourceType === resourceType && intent.resourceId !== undefined && !isSameId(intent.resourceId, id);
  const noting = async <T>(intent: Intent, work: () => Promise<T>): Promise<T> => {
    if (isOfAnother(intent)) return work();
    try {
      const answer = await work();
      written.push(intent);
      return answer;
    } catch (error) {
      if (mayHaveHadEffect(error)) written.push(intent);
      throw error;
    }
  };
  return {
    written,
    run: {
      ...run,
      write: (intent, call) => noting(intent, () => run.write(intent, call)),
      create: (intent, call, ours) => noting(intent, () => run.create(intent, call, ours)),
    },
  };
}

/** Notes in the log that an object is half-changed, if it is. */
export async function doubtHalfWritten({ run, written }: WatchedRun, id: string, error: unknown): Promise<void> {
  const last = written.at(-1);
  if (!last) return;
  const { resourceType, resourceName } = last;
  const intent = { operation: "update", resourceType, resourceName, resourceId: id, compensation: null } as const;
  await run.doubt(intent, error);
}

/** Sentence about the changes of a failed update; empty if the object shows none. */
export function halfDoneSentence(
  names: readonly string[],
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): string {
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], now[name]));
  return changed.length > 0 ? `Half-made: already changed at the service: ${changed.join(", ")}.` : "";
}
