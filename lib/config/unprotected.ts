/*
 * FABRIC_ALLOW_UNPROTECT: the objects that flags may delete although they are protected, and the items with data that nobody
 * declares.
 */

/** Resource names in its text, which are separated by commas; spaces around them do not count. */
export const unprotectedIn = (text = ""): string[] => text.split(",").map((name) => name.trim());

/** Whether the names hold a resource's. Names of folders can hold commas. */
export const isUnprotected = (names: readonly string[], key: string): boolean =>
  names.includes(key) || `,${names.join(",")},`.includes(`,${key},`);
