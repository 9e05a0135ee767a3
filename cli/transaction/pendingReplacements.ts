import { keyOfResource, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** Most objects that are told: a variable of the environment has 128 kB at most. */
const MOST = 500;

/**
 * What the provider has to know of replacements that an earlier run has begun and not ended: the old object was deleted, or
 * left by its delete, and the engine does not ask for that again. What is still there of it is the stack's own.
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
