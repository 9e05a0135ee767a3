import { AS_BEFORE } from "../../engine/field.ts";
import { text } from "../../../lib/config/value.ts";
import { defineKind } from "../../engine/resourceKind.ts";
import { referenceEntry } from "./referenceEntry.ts";
import { lookUp } from "./lookUp.ts";
import type { Found } from "./lookUp.ts";
import { messageOf } from "../../../lib/api/messageOf.ts";

const given = { schema: text(256).optional(), change: "local" } as const;

/**
 * An object of others, looked up by its name. Nothing is written, and nothing happens to the object when the reference goes. Its
 * id is its own name in the configuration.
 */
export const reference = defineKind<Found>()({
  name: "Reference",
  noun: "reference",
  fields: {
    /** Name in the configuration. */
    name: { schema: text(256), change: "replace" },
    workspace: given,
    item: given,
    type: given,
    connection: given,
    capacity: given,
    gateway: given,
    /** Id of the object. The program looks it up, so that previews show another one. */
    found: {
      schema: text(256).optional(),
      change: "update",
      same: (_before: string, after: string) => after === AS_BEFORE,
      isFilledIn: true,
    },
  },
  place: { in: "tenant", collection: "references" },
  removal: "portal",
  outputs: ["targetId", "workspaceId", "displayName", "servicePrincipalId"],
  title: (inputs) => `reference '${inputs.name ?? "?"}'`,
  entry: referenceEntry,

  async create(run, inputs) {
    try {
      return { id: inputs.name, outputs: await lookUp(run, inputs) };
    } catch (error) {
      // what was there before the deployment may be gone by now, and that is not the deployment's to undo
      if (run.isRollback && inputs.found !== undefined && inputs.found !== AS_BEFORE)
        return { id: inputs.name, outputs: { targetId: inputs.found } };
      throw error;
    }
  },

  async read(run, _id, state) {
    try {
      const outputs = await lookUp(run, state);
      return { inputs: { found: outputs.targetId }, outputs };
    } catch (error) {
      // a refresh must go on: the next up tells what is wrong
      run.warn(messageOf(error));
      return { inputs: {}, outputs: {} };
    }
  },

  update: (run, _id, _old, inputs) => lookUp(run, inputs),

  // nothing was made
  delete: () => Promise.resolve(),
});
