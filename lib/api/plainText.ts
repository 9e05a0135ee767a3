/** The text with its byte order mark; undefined for binary content, and for text in another encoding than UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text without its byte order mark. */
export const withoutMark = (text: string): string => text.replace(/^\uFEFF/, "");

/** The line of a position in a text; the first line is 1. */
export const lineAt = (text: string, position: number): number => text.slice(0, position).split("\n").length;
