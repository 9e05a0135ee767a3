/** The sign-in endpoint, in the form that Azure's libraries take. */
export interface Authority {
  /** @default the public cloud */
  readonly authorityHost?: string;
  /**
   * Whether to skip the public cloud's check of the authority: an authority that the public cloud does not know is used as it
   * is configured.
   */
  readonly disableInstanceDiscovery?: boolean;
}

const PUBLIC_AUDIENCE = "api://AzureADTokenExchange";
/** Authorities of Microsoft's clouds, with the audience that each requires of a federated assertion. */
const KNOWN_AUTHORITIES: Readonly<Record<string, string>> = {
  "login.microsoftonline.com": PUBLIC_AUDIENCE,
  "login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
  "login.chinacloudapi.cn": "api://AzureADTokenExchangeChina",
  "login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
};

/**
 * The authority from AZURE_AUTHORITY_HOST: one of Microsoft's clouds, or another.
 * @throws Error if the authority is not https
 */
export function authorityOf(env: NodeJS.ProcessEnv): Authority {
  const authorityHost = env["AZURE_AUTHORITY_HOST"];
  if (!authorityHost) return {};
  if (!URL.canParse(authorityHost) || new URL(authorityHost).protocol !== "https:") {
    throw new Error("AZURE_AUTHORITY_HOST must be an https address.");
  }
  return { authorityHost, disableInstanceDiscovery: !(new URL(authorityHost).hostname in KNOWN_AUTHORITIES) };
}

/** Audience of assertions that an authority exchanges for a token. */
export function assertionAudience({ authorityHost }: Authority): string {
  return (authorityHost && KNOWN_AUTHORITIES[new URL(authorityHost).hostname]) || PUBLIC_AUDIENCE;
}
