import { registerStackTransformation } from "@pulumi/pulumi/runtime/stack.js";
import { isOfFabric } from "../../lib/checkpoint/checkpoint.ts";
import { resourceOf } from "../../lib/checkpoint/runFolder.ts";
import type { DeclaredNames } from "../../lib/checkpoint/runFolder.ts";

/**
 * Notes the display name of each object that the program declares from now on.
 * @returns the names so far
 */
export function noteDeclaredNames(): DeclaredNames {
  const names: Record<string, string | null> = {};
  registerStackTransformation(({ type, name, props }) => {
    const { displayName } = props as { readonly displayName?: unknown };
    if (isOfFabric(type)) names[resourceOf(type, name)] = typeof displayName === "string" ? displayName : null;
    return undefined;
  });
  return names;
}
