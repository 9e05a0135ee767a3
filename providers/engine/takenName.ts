import type { FabricError } from "../../lib/api/fabricError.ts";
import { spacedName } from "./edgeSpace.ts";

/** What a create knows when the service says that the name of the new object is taken. */
interface TakenName {
  /** The kind in words: `workspace`. */
  readonly noun: string;
  /** Whether the declaration allows to take over an object of the name. */
  readonly adopt: boolean;
  /** The service's id of the object that has the name; undefined if this identity sees none. */
  readonly id: string | undefined;
  /** The service's id of an object that has the name but for a space at its edge. */
  readonly spacedId?: string | undefined;
  /** Whether a rollback makes an object again. */
  readonly isRollback: boolean;
}

/** The refusal with advice by what is declared and what was found, because no fixed advice is right for all of that. */
export const advisedOnName = (refusal: FabricError, name: TakenName): FabricError => refusal.withRemedy(adviceOn(name));

function adviceOn({ noun, adopt, id, spacedId, isRollback }: TakenName): string {
  if (id === undefined && spacedId !== undefined)
    return `${spacedName(noun, spacedId)}: rename it in Fabric, and run again, or choose another displayName.`;
  if (id === undefined) {
    const seen = adopt
      ? `adopt: true is declared, but the deploying identity sees no ${noun} of that name.`
      : `The deploying identity sees no ${noun} of that name.`;
    return (
      `${seen} One that was deleted a moment ago keeps its name for some minutes: wait, and run again. ` +
      `If one of others has the name, choose another displayName, or ask for a role on it.`
    );
  }
  if (isRollback)
    return `The ${noun} ${id} has the name, and is not the one from before: rename it or remove it, and run the rollback again.`;
  // only an object that this deployment has removed is not taken over although that is declared
  if (adopt) return `The ${noun} that has the name (${id}) is being removed: wait some minutes, and run again.`;
  return (
    `The ${noun} ${id} has the name: choose another displayName, or set adopt: true to manage it. ` +
    `Where a ${noun} of this stack gives the name up, deploy that first.`
  );
}
