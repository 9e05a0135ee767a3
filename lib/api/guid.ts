/** The pattern of an id of the service, for expressions around it. It needs the flag `i`. */
export const GUID = "[\\da-f]{8}-(?:[\\da-f]{4}-){3}[\\da-f]{12}";

const WHOLE = new RegExp(`^${GUID}$`, "i");

/** Whether a text is an id as the service gives them, and nothing else. */
export const isGuid = (text: string): boolean => WHOLE.test(text);
