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
  const allowed = (env["FABRIC_ALLOWED_HOSTS"] ?? "").split(",").map((host) => host.trim().toLowerCase());
  if (trusted.some((host) => host.test(url.hostname)) || allowed.includes(url.hostname) || allowed.includes(url.host))
    return url;
  throw new Error(
    `${url.host} is not a known host of ${service}, so it was not sent a token. If it is right, name it in the ` +
      `environment: FABRIC_ALLOWED_HOSTS=${url.host}`,
  );
}
