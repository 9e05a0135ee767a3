/** One file of an item's definition. */
export interface Part {
  readonly path: string;
  readonly payload: string;
  readonly payloadType: string;
}

/** A definition as a request brings it. */
export interface Definition {
  /** Format of the parts; undefined means the type's default. */
  readonly format?: string | undefined;
  readonly parts: readonly Part[];
}

/** The text of a part. */
export const textOf = ({ payload }: Part): string => Buffer.from(payload, "base64").toString();

/** The JSON object in a part; undefined if the part is absent, is not JSON, or is no object. */
export function objectOf(part: Part | undefined): Readonly<Record<string, unknown>> | undefined {
  if (!part) return undefined;
  try {
    const value = JSON.parse(textOf(part).replace(/^\uFEFF/, "")) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value of JSON is an object, and no array. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value of JSON that should be text; any other value counts as empty. */
export const textIn = (value: unknown): string => (typeof value === "string" ? value : "");

/** A part with a text, or with the JSON of a value. */
export const partOf = (path: string, value: unknown): Part => ({
  path,
  payload: Buffer.from(typeof value === "string" ? value : JSON.stringify(value, null, 2)).toString("base64"),
  payloadType: "InlineBase64",
});
