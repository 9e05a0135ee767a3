import { keyOfResource, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** Outputs that objects of the stack had, by kind and id in lower case: `Folder 1a…/2b…`. */
export type FormerStates = Map<string, object>;

/** Former states of objects that an earlier run began to replace; `cli/transaction/pendingReplacements.ts` passes them on. */
export function pendingStates(env: NodeJS.ProcessEnv): FormerStates {
  return new Map(Object.entries(JSON.parse(env["FABRIC_PENDING_REPLACEMENTS"] || "{}") as Record<string, object>));
}

/** Former states in a checkpoint's file; empty without a file. */
export function statesIn(file: Buffer | undefined): FormerStates {
  const resources = file ? resourcesOf(JSON.parse(file.toString()) as Checkpoint) : [];
  return new Map(resources.map((resource) => [keyOfResource(resource), resource.outputs ?? {}]));
}
