import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { idShape } from "../../../lib/api/objects.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import { parseId } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";
import { changeOfItem } from "./itemIntent.ts";
import { itemPlace } from "./itemPlace.ts";

/*
 * Which values of a variable library count in its workspace.
 * https://learn.microsoft.com/fabric/cicd/variable-library/value-sets
 */

const libraryShape = z.object({
  id: idShape,
  properties: optional(z.object({ activeValueSetName: optional(z.string()) })),
});

const collectionOf = (id: string) => `/workspaces/${parseId(itemPlace, id)?.workspaceId ?? ""}/variableLibraries`;

/** Path of a variable library with its properties. */
const libraryPath = (id: string): string => `${collectionOf(id)}/${parseId(itemPlace, id)?.id ?? ""}`;

/** The active value set; one list for all libraries of a workspace. */
export async function activeValueSet(run: Run, id: string): Promise<string | undefined> {
  const libraries = await run.listOnce(collectionOf(id), "list variable libraries", libraryShape);
  const { id: itemId } = parseId(itemPlace, id) ?? {};
  return libraries.find((library) => sameIgnoringCase(library.id, itemId))?.properties?.activeValueSetName;
}

/** The same from the library alone: a list may be older. */
export async function activeValueSetAlone(run: Run, id: string): Promise<string | undefined> {
  const { properties } = await run.get(libraryPath(id), "read a variable library", libraryShape);
  return properties?.activeValueSetName;
}

/** Makes a value set the active one, unless it is. */
export async function activateValueSet(
  run: Run,
  id: string,
  {
    displayName,
    activeValueSet: wanted,
  }: { readonly displayName: string; readonly activeValueSet?: string | undefined },
): Promise<void> {
  if (wanted === undefined) return;
  const path = libraryPath(id);
  const { properties } = await run.get(path, `read VariableLibrary '${displayName}'`, libraryShape);
  const active = properties?.activeValueSetName;
  if (active === wanted) return;
  const intent = {
    ...changeOfItem(id, displayName, { function: "restoreItem", args: { id } }),
    // what a rollback gives back, also if no state has ever known it
    ...(active !== undefined && { before: { activeValueSet: active }, after: { activeValueSet: wanted } }),
  };
  await run.write(intent, {
    method: "PATCH",
    path,
    body: { properties: { activeValueSetName: wanted } },
    operation: `activate the value set '${wanted}' of VariableLibrary '${displayName}'`,
    answer: libraryShape,
  });
}
