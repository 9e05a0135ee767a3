/** Hosts that may receive a token: Fabric, Power BI, Microsoft Graph, in all clouds. */
const TRUSTED = [
  /^([\w-]+\.)*api\.fabric\.microsoft\.com$/,
  /^api\.powerbi\.com$/,
  /^graph\.microsoft\.com$/,
  /^api\.fabric\.microsoft\.us$/,
  /^graph\.microsoft\.us$/,
  /^dod-graph\.microsoft\.us$/,
  /^api\.fabric\.azure\.cn$/,
  /^microsoftgraph\.chinacloudapi\.cn$/,
];

/** Hosts of storage accounts, in all clouds. Microsoft runs these hosts, whoever owns the account. */
const BLOB_HOSTS = [
  /^[a-z\d]{3,24}(\.z\d\d\.blob\.storage\.azure\.net|\.blob\.core\.windows\.net)$/,
  /^[a-z\d]{3,24}\.blob\.core\.usgovcloudapi\.net$/,
  /^[a-z\d]{3,24}\.blob\.core\.chinacloudapi\.cn$/,
];

/** Hosts of Key Vault, in all clouds. */
const VAULTS = [/^[\w-]+\.vault\.azure\.net$/, /^[\w-]+\.vault\.usgovcloudapi\.net$/, /^[\w-]+\.vault\.azure\.cn$/];

/** Whether a URL's host is this machine itself. */
export function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}

/**
 * Refuses endpoints that must not receive a token. The environment must name any other host, because a pull request can
 * change the stack's configuration, but not the environment of the user or pipeline that runs it.
 * @throws Error that names the host, and what to set
 */
export function assertTrustedEndpoint(endpoint: string, env: NodeJS.ProcessEnv = process.env): URL {
  if (!URL.canParse(endpoint))
    throw new Error(`'${endpoint}' is no URL. Set fabric:endpoint to emulator or to an https address.`);
  return assertTrusted(new URL(endpoint), TRUSTED, "Microsoft Fabric", env);
}

/**
 * The same check for an address of blobs. Fabric's tokens never go there, and a storage account's tokens never go to Fabric.
 * @throws Error that names the host, and what to set
 */
export function assertTrustedBlobEndpoint(url: URL, env: NodeJS.ProcessEnv = process.env): void {
  assertTrusted(url, BLOB_HOSTS, "an Azure storage account", env);
}

function assertTrusted(url: URL, trusted: readonly RegExp[], service: string, env: NodeJS.ProcessEnv): URL {
  if (isLoopback(url) && (url.protocol === "http:" || url.protocol === "https:")) return url;
  if (url.protocol !== "https:") {
    throw new Error(`A token is sent over https only, or to this machine: ${url.origin} was refused.`);
  }
  if (trusted.some((host) => host.test(url.hostname)) || isAllowed(url, env)) return url;
  throw new Error(
    `${url.host} is not a known host of ${service}, so it was not sent a token. If it is right, name it in the ` +
      `environment: FABRIC_ALLOWED_HOSTS=${url.host}`,
  );
}

/**
 * The vault of a run. KEY_VAULT_URL wins, because only the user or pipeline that runs the stack can set it. The stack's own
 * vault must be a host of Key Vault, this machine, or named in the environment, because secrets are read and written there.
 * @param configured `fabric:keyVaultUrl`
 * @throws Error that names the host, and what to set
 */
export function trustedVaultUrl(configured: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (env["KEY_VAULT_URL"]) return env["KEY_VAULT_URL"];
  const url = configured !== undefined && URL.canParse(configured) ? new URL(configured) : undefined;
  // a text that is no address is refused at its use
  if (!url || isLoopback(url) || VAULTS.some((host) => host.test(url.hostname)) || isAllowed(url, env))
    return configured;
  throw new Error(
    `${url.host} is not a host of Azure Key Vault, so it was asked for nothing. If it is right, name it in the environment: ` +
      `FABRIC_ALLOWED_HOSTS=${url.host}`,
  );
}

/** Whether the environment names the host of an URL. */
function isAllowed(url: URL, env: NodeJS.ProcessEnv): boolean {
  const allowed = (env["FABRIC_ALLOWED_HOSTS"] ?? "").split(",").map((host) => host.trim().toLowerCase());
  return allowed.includes(url.hostname) || allowed.includes(url.host);
}
