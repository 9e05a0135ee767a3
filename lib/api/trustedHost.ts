/** Hosts that may be sent a token: Fabric, Power BI, Microsoft Graph, in all clouds. */
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

/** Hosts of storage accounts, in all clouds. Microsoft answers there, whoever the account belongs to. */
const BLOB_HOSTS = [
  /^[a-z\d]{3,24}(\.z\d\d\.blob\.storage\.azure\.net|\.blob\.core\.windows\.net)$/,
  /^[a-z\d]{3,24}\.blob\.core\.usgovcloudapi\.net$/,
  /^[a-z\d]{3,24}\.blob\.core\.chinacloudapi\.cn$/,
];

/** Hosts of Key Vault, in all clouds. */
const VAULTS = [/^[\w-]+\.vault\.azure\.net$/, /^[\w-]+\.vault\.usgovcloudapi\.net$/, /^[\w-]+\.vault\.azure\.cn$/];

/** Whether an URL's host is this machine itself. */
export function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}

/**
 * Refuses endpoints that a token must not go to. Others than the known hosts have to be named in the environment, because a
 * pull request can change the stack's configuration but not the environment of who runs it.
 * @throws Error naming the host, and what to set
 */
export function assertTrustedEndpoint(endpoint: string, env: NodeJS.ProcessEnv = process.env): URL {
  if (!URL.canParse(endpoint))
    throw new Error(`'${endpoint}' is no URL. Set fabric:endpoint to emulator or to an https address.`);
  return assertTrusted(new URL(endpoint), TRUSTED, "Microsoft Fabric", env);
}

/**
 * The same for an address of blobs. Fabric's tokens do not go there, nor a storage account's to Fabric.
 * @throws Error naming the host, and what to set
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
 * The vault of a run. KEY_VAULT_URL wins: it is the word of who runs it. The stack's own has to be a host of Key Vault, this
 * machine, or named in the environment, because secrets are read from there and written there.
 * @param configured `fabric:keyVaultUrl`
 * @throws Error naming the host, and what to set
 */
export function trustedVaultUrl(configured: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (env["KEY_VAULT_URL"]) return env["KEY_VAULT_URL"];
  const url = configured !== undefined && URL.canParse(configured) ? new URL(configured) : undefined;
  // what is no address at all is refused where it is used
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
