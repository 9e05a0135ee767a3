import { keyOfResource, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** Outputs that objects of the stack had, by kind and id in lower case: `Folder 1a…/2b…`. */
export type FormerStates = Map<string, object>;

/** Those that an earlier run has begun to replace, as `npm run up` tells them (`cli/transaction/pendingReplacements.ts`). */
export function pendingStates(env: NodeJS.ProcessEnv): FormerStates {
  return new Map(Object.entries(JSON.parse(env["FABRIC_PENDING_REPLACEMENTS"] || "{}") as Record<string, object>));
}

/** Those of a checkpoint in a file; none without a file. */
export function statesIn(file: Buffer | undefined): FormerStates {
  const resources = file ? resourcesOf(JSON.parse(file.toString()) as Checkpoint) : [];
  return new Map(resources.map((resource) => [keyOfResource(resource), resource.outputs ?? {}]));
}
