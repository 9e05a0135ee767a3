/** Authorities that can be asked what they are; others are taken as configured. */
const KNOWN_AUTHORITIES = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];

/** Options for Azure's libraries: where to sign in, where that is not the public cloud. @throws Error unless it is https */
export function authorityOf(env: NodeJS.ProcessEnv): { authorityHost?: string; disableInstanceDiscovery?: boolean } {
  const authorityHost = env["AZURE_AUTHORITY_HOST"];
  if (!authorityHost) return {};
  if (!URL.canParse(authorityHost) || new URL(authorityHost).protocol !== "https:") {
    throw new Error("AZURE_AUTHORITY_HOST must be an https address.");
  }
  return { authorityHost, disableInstanceDiscovery: !KNOWN_AUTHORITIES.includes(new URL(authorityHost).hostname) };
}
