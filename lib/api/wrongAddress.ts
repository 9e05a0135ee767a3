/**
 * Message about an invalid address. The message never repeats the address, which may hold a password or a signature.
 * @param protocols accepted protocols, with their colon
 */
export function wrongAddress(text: string, protocols: readonly string[]): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !protocols.includes(url.protocol)) return "an https address";
  if (url.username || url.password || url.search || url.hash) return "an address without credentials, ? or #";
  return undefined;
}
