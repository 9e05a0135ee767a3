import { hasEdgeSpace } from "../../lib/config/items/displayNameFault.ts";

/** An object with a name. */
interface Named {
  readonly displayName?: unknown;
}

/**
 * The object that has a wanted name but for a space at its edge. No configuration keeps such a space, so the name itself cannot be
 * declared.
 * @param isWanted whether an object has the wanted name
 */
export const butForSpaces = <T extends Named>(all: readonly T[], isWanted: (one: T) => boolean): T | undefined =>
  all.find(
    (one) =>
      typeof one.displayName === "string" &&
      hasEdgeSpace(one.displayName) &&
      isWanted({ ...one, displayName: one.displayName.trim() }),
  );

/** What is wrong with the name of such an object. */
export const spacedName = (what: string, id: string): string =>
  `The name of ${what} ${id} begins or ends with a space, which no configuration keeps`;
