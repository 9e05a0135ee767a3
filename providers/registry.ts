import type { ResourceProvider } from "@pulumi/pulumi/dynamic/index.js";
import { serve } from "./engine/providerProcess.ts";
import { allKinds, kindNamed } from "./kinds/kinds.ts";

/*
 * The kinds by name. The state of every resource holds one constant string that requires this file, so the resources of
 * today run the code of today, also when they are destroyed. That is why this file must never move, and holds little.
 */

/** Called by the constant string in every resource. */
export function provider(kindName: string): ResourceProvider {
  const kind = kindNamed(kindName);
  if (!kind)
    throw new Error(
      `This version knows no resource kind '${kindName}'. Known: ${allKinds.map(({ name }) => name).join(", ")}.`,
    );
  return serve(kind);
}
