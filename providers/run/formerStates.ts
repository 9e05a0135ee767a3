import { keyOfResource, resourceNameOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** An object as a checkpoint has it. */
export interface FormerObject {
  readonly kindName: string;
  /** Name of the object's resource. */
  readonly name: string;
  readonly id: string;
  /** Its inputs and outputs. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** The objects of a checkpoint's file, by kind and id; none without a file. */
export function objectsIn(file: Buffer | undefined): ReadonlyMap<string, FormerObject> {
  const resources = file ? resourcesOf(JSON.parse(file.toString()) as Checkpoint) : [];
  return new Map(
    resources.flatMap((resource): [string, FormerObject][] => {
      const { urn, type, id, outputs = {} } = resource;
      return id === undefined
        ? []
        : [
            [
              keyOfResource(resource),
              { kindName: type.split(":").at(-1) ?? "", name: resourceNameOf(urn), id, state: outputs },
            ],
          ];
    }),
  );
}
