import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { formerItem } from "./idsOfNow.ts";
import type { Restored } from "./idsOfNow.ts";
import { bindConnections, visibleAmong } from "./modelConnections.ts";
import { activateValueSet } from "./valueSet.ts";

/* Values of items that only calls of their types show. They go with an item that is deleted. */

interface Further {
  readonly activeValueSet?: string | null;
  readonly connections?: readonly string[];
}

const NAMES: Readonly<Record<string, readonly (keyof Further)[]>> = {
  VariableLibrary: ["activeValueSet"],
  SemanticModel: ["connections"],
};

/** The names of the values that an item of a type has. */
export const furtherNames = ({ type }: { readonly type?: string }): readonly string[] => NAMES[type ?? ""] ?? [];

/** In a rollback that has made an item anew: gives it the values of the one from before. */
export async function restoreFurther(
  run: Run,
  id: string,
  item: Restored & { readonly connections?: readonly string[] | undefined },
): Promise<void> {
  const former = furtherNames(item).length > 0 ? await formerItem(run, item, id) : undefined;
  if (!former || sameIgnoringCase(former.id, id)) return;
  const { before = {} } = (await run.writtenTo("Item", former.id)) ?? {};
  const { activeValueSet, connections } = before as Further;
  if (typeof activeValueSet === "string") await activateValueSet(run, id, { ...item, activeValueSet });
  if (!connections) return;
  // the rollback may have made declared connections anew, too, and lists others that it cannot give back
  const { connections: declared = [] } = former.state as Further;
  const now = connections.map(
    (one) => item.connections?.[declared.findIndex((had) => sameIgnoringCase(had, one))] ?? one,
  );
  await bindConnections(run, id, { ...item, connections: await visibleAmong(run, now) }, "go");
}
