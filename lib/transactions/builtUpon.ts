import { checkpointHash } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { hasEffects, hasEnded } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { rollbackLogOf } from "./transactionFiles.ts";

/**
 * Reason why later changes prevent the rollback of a transaction; undefined if none do. Pure.
 * @param others the logs of the same stack
 * @param stateHash hash of the state when the last run of the transaction ended; undefined if that run was cut off
 */
export function builtUpon(
  log: readonly Entry[],
  others: readonly (readonly Entry[])[],
  current: Checkpoint,
  stateHash: string | undefined,
): string | undefined {
  const [begin] = log;
  const id = begin?.transactionId ?? "";
  const later = others.find(
    (other) =>
      other[0] !== undefined &&
      other[0].transactionId !== id &&
      other[0].transactionId !== rollbackLogOf(id) &&
      other[0].at > (begin?.at ?? "") &&
      hasEffects(other) &&
      !isRolledBack(other),
  );
  const hint = "Deploy the configuration you want with npm run up instead.";
  if (later?.[0])
    return `Transaction ${id} cannot be rolled back: ${later[0].transactionId} has built upon it. ${hint}`;
  if (stateHash === undefined || stateHash === checkpointHash(current)) return undefined;
  return `Transaction ${id} cannot be rolled back: the stack was changed outside of it since. ${hint}`;
}

const isRolledBack = (log: readonly Entry[]) => hasEnded(log) && !log.some(({ kind }) => kind === "commit");
