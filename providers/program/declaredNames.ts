import { registerStackTransformation } from "@pulumi/pulumi/runtime/stack.js";
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
    if (type.startsWith("pulumi-nodejs:dynamic/fabric:"))
      names[resourceOf(type, name)] = typeof displayName === "string" ? displayName : null;
    return undefined;
  });
  return names;
}
