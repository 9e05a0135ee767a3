import { knownItemType, knownItemTypes } from "../../api/itemType.ts";
import { closestName } from "../closestName.ts";

/** More differences, and a word may be a type that the service has got since. */
const MOST_LETTERS = 2;

/**
 * The item type that a word was probably meant to be. An unknown type takes the place of an item before the service refuses it, and
 * an item with data is lost then.
 * @returns undefined if the word is a known type, in whatever case, or may be a newer one
 */
export function misspelledType(word: string): string | undefined {
  return knownItemType(word) === undefined ? closestName(word, knownItemTypes, MOST_LETTERS) : undefined;
}
