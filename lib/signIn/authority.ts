/** The sign-in endpoint, in the form that Azure's libraries take. */
export interface Authority {
  /** @default the public cloud */
  readonly authorityHost?: string;
  /** Whether not to ask the public cloud about the authority first: one that it does not know is taken as configured. */
  readonly disableInstanceDiscovery?: boolean;
}

const PUBLIC_AUDIENCE = "api://AzureADTokenExchange";
/** Authorities of Microsoft's clouds, and what a federated assertion must be meant for there. */
const KNOWN_AUTHORITIES: Readonly<Record<string, string>> = {
  "login.microsoftonline.com": PUBLIC_AUDIENCE,
  "login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
  "login.chinacloudapi.cn": "api://AzureADTokenExchangeChina",
  "login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
};

/**
 * The authority that AZURE_AUTHORITY_HOST names: one of Microsoft's clouds, or another.
 * @throws Error unless it is https
 */
export function authorityOf(env: NodeJS.ProcessEnv): Authority {
  const authorityHost = env["AZURE_AUTHORITY_HOST"];
  if (!authorityHost) return {};
  if (!URL.canParse(authorityHost) || new URL(authorityHost).protocol !== "https:") {
    throw new Error("AZURE_AUTHORITY_HOST must be an https address.");
  }
  return { authorityHost, disableInstanceDiscovery: !(new URL(authorityHost).hostname in KNOWN_AUTHORITIES) };
}

/** Audience of assertions that are exchanged for a token of that authority. */
export function assertionAudience({ authorityHost }: Authority): string {
  return (authorityHost && KNOWN_AUTHORITIES[new URL(authorityHost).hostname]) || PUBLIC_AUDIENCE;
}
