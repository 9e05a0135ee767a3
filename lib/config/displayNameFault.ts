/** Longest name of an item. https://learn.microsoft.com/rest/api/fabric/core/items/create-item */
export const LONGEST_NAME = 256;

/** What is wrong with a display name of any object, whatever its type; completes "a displayName …". Undefined if nothing is. */
export function displayNameFault(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return `of more than ${LONGEST_NAME} characters`;
  if (/\p{Cc}/u.test(name)) return "with a control character";
  return name === name.trim() ? undefined : "that begins or ends with a space";
}
