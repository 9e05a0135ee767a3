import { liveResourcesOf, nameOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { isSameId } from "../../lib/transactions/entry.ts";
import { fabricKindOf } from "../../providers/kinds/kinds.ts";

/**
 * What a rollback says of objects with data that it had to make anew: they are as declared, and empty. What the service has given
 * back itself, from the recycle bin, has its former id. Kinds that can lose more than data are leftovers (`differences.ts`).
 * @returns a line for each
 */
export function lostData(after: Checkpoint, saved: Checkpoint): string[] {
  const now = new Map(liveResourcesOf(after).map((resource) => [resource.urn, resource]));
  return liveResourcesOf(saved).flatMap((before) => {
    const same = now.get(before.urn);
    const kind = fabricKindOf(before.type);
    const loss = kind?.loses === undefined ? kind?.holdsData?.(before.inputs ?? {}) : undefined;
    if (!same || loss === undefined || isSameId(same.id ?? "", before.id ?? "")) return [];
    const rest = kind?.name === "Workspace" ? ", except what is declared" : "";
    return [`${nameOf(same)} (${same.id}) had to be made anew: ${loss} is not back${rest}.`];
  });
}
