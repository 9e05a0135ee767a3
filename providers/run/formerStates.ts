import { keyOfResource, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** An object as a checkpoint has it. */
export interface FormerObject {
  readonly kindName: string;
  readonly id: string;
  /** Its inputs and outputs. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** Outputs that objects of the stack had, by kind and id in lower case: `Folder 1a…/2b…`. */
export type FormerStates = Map<string, object>;

/** Former states of objects that an earlier run began to replace; `cli/transaction/pendingReplacements.ts` passes them on. */
export function pendingStates(env: NodeJS.ProcessEnv): FormerStates {
  return new Map(Object.entries(JSON.parse(env["FABRIC_PENDING_REPLACEMENTS"] || "{}") as Record<string, object>));
}

/** The objects of a checkpoint's file, by kind and id; none without a file. */
export function objectsIn(file: Buffer | undefined): ReadonlyMap<string, FormerObject> {
  const resources = file ? resourcesOf(JSON.parse(file.toString()) as Checkpoint) : [];
  return new Map(
    resources.flatMap((resource): [string, FormerObject][] => {
      const { type, id, outputs = {} } = resource;
      return id === undefined
        ? []
        : [[keyOfResource(resource), { kindName: type.split(":").at(-1) ?? "", id, state: outputs }]];
    }),
  );
}
