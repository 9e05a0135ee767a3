/** Longest name of an item. https://learn.microsoft.com/rest/api/fabric/core/items/create-item */
const LONGEST_NAME = 256;

/** Whether a name begins or ends with a space, which no configuration keeps. */
export const hasEdgeSpace = (name: string): boolean => name !== name.trim();

/** Whether a name has a control character, which the service refuses. */
export const hasControlCharacter = (name: string): boolean => /\p{Cc}/u.test(name);

/** What is wrong with a display name of any object, whatever its type; completes "a displayName …". Undefined if nothing is. */
export function displayNameFault(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return `of more than ${LONGEST_NAME} characters`;
  if (hasControlCharacter(name)) return "with a control character";
  return hasEdgeSpace(name) ? "that begins or ends with a space" : undefined;
}

/** What the schema lets pass in a declared name, and nobody may have in one. Undefined if nothing is. */
export const declaredNameFault = (name: string): string | undefined =>
  name.length <= LONGEST_NAME && hasControlCharacter(name)
    ? "must be a name, and not one with a control character"
    : undefined;
