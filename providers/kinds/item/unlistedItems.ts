import { z } from "zod";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { isWorkspaceGone, mayMeanGone } from "../../engine/gone.ts";
import { defineKind } from "../../engine/resourceKind.ts";
import type { Run } from "../../run/run.ts";
import { itemsOf } from "./items.ts";

/** Items that a warning names one by one. */
const MAX_NAMED = 20;

/**
 * The items of a workspace that nobody declares: what is left of a folder that has gone, or what somebody made by hand. They are
 * told at a deployment and at a refresh, and never touched. The id is the workspace's.
 */
export const unlistedItems = defineKind<object>()({
  name: "UnlistedItems",
  noun: "unlisted item",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    /** Declared items as `type/name`. Their ids cannot stand here, because a preview may not know them. */
    listed: { schema: z.array(z.string()).transform((names) => names.toSorted()), change: "local" },
  },
  place: { of: "workspace", path: "items" },
  removal: "portal",
  outputs: [],
  title: ({ workspaceId }) => `unlisted items of workspace ${workspaceId ?? "?"}`,

  async create(run, { workspaceId, listed }) {
    if (!run.isNewWorkspace(workspaceId)) await tellUnlisted(run, workspaceId, listed);
    return { id: workspaceId, outputs: {} };
  },

  async read(run, id, { listed }) {
    try {
      await tellUnlisted(run, id, listed);
      return { inputs: {} };
    } catch (error) {
      if (mayMeanGone(error) && (await isWorkspaceGone(run, id))) return "gone";
      throw error;
    }
  },

  async update(run, id, _old, { listed }) {
    await tellUnlisted(run, id, listed);
    return {};
  },

  // nothing was made
  delete: () => Promise.resolve(),
});

async function tellUnlisted(run: Run, workspaceId: string, listed: readonly string[]): Promise<void> {
  const names = unlistedAmong(await itemsOf(run, workspaceId), listed);
  if (names.length === 0) return;
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  run.warn(
    `In the workspace, but not declared (orphans: report): ${names.slice(0, MAX_NAMED).join(", ")}${more}. Declare what belongs ` +
      `there, and delete by hand what does not.`,
  );
}

/** Items that are not declared, in words. What the service makes itself beside a declared item is nobody's to declare. Pure. */
export function unlistedAmong(items: readonly FabricItem[], listed: readonly string[]): string[] {
  const isListed = (type: string, name: string) => listed.includes(`${type}/${name}`.toLowerCase());
  return items
    .filter(({ type, displayName }) => {
      if (type === "SQLEndpoint" || isListed(type, displayName)) return false;
      return !(type === "KQLDatabase" && isListed("Eventhouse", displayName));
    })
    .map(({ type, displayName }) => `${type} '${displayName}'`)
    .toSorted();
}
