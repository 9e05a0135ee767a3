import { keyOfResource, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** Largest number of objects passed on: an environment variable holds 128 kB at most. */
const MOST = 500;

/**
 * Environment that tells the provider about replacements that an earlier run began and did not finish. Their old objects were
 * deleted, or left by the delete, and the engine does not repeat the delete. An old object that still exists is the stack's.
 */
export function pendingReplacements(state: Checkpoint): NodeJS.ProcessEnv {
  const pending = resourcesOf(state).filter(
    ({ type, id, pendingReplacement }) => pendingReplacement && id && type.startsWith("pulumi-nodejs:dynamic/fabric:"),
  );
  if (pending.length === 0) return {};
  const states = pending.slice(0, MOST).map((resource) => {
    const { adopted, adoptedRole } = resource.outputs ?? {};
    return [keyOfResource(resource), { adopted, adoptedRole }];
  });
  return { FABRIC_PENDING_REPLACEMENTS: JSON.stringify(Object.fromEntries(states)) };
}
