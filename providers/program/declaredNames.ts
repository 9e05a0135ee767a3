import { registerStackTransformation } from "@pulumi/pulumi/runtime/stack.js";
import { isOfFabric } from "../../lib/checkpoint/checkpoint.ts";
import { resourceOf } from "../../lib/checkpoint/runFolder.ts";
import type { DeclaredNames } from "../../lib/checkpoint/runFolder.ts";

/** What the program has declared so far. */
export interface NotedObjects {
  readonly names: DeclaredNames;
  /** Types of items, by resource. */
  readonly types: Readonly<Record<string, string>>;
}

/** Notes the display name of each object that the program declares from now on, and the type of each item. */
export function noteDeclaredNames(): NotedObjects {
  const names: Record<string, string | null> = {};
  const types: Record<string, string> = {};
  registerStackTransformation(({ type, name, props }) => {
    const { displayName, type: itemType } = props as { readonly displayName?: unknown; readonly type?: unknown };
    if (!isOfFabric(type)) return undefined;
    names[resourceOf(type, name)] = typeof displayName === "string" ? displayName : null;
    if (typeof itemType === "string") types[resourceOf(type, name)] = itemType;
    return undefined;
  });
  return { names, types };
}
