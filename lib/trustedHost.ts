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
  const url = new URL(endpoint);
  if (isLoopback(url) && (url.protocol === "http:" || url.protocol === "https:")) return url;
  if (url.protocol !== "https:") {
    throw new Error(`A token is sent over https only, or to this machine: ${url.origin} was refused.`);
  }
  const allowed = (env["FABRIC_ALLOWED_HOSTS"] ?? "").split(",").map((host) => host.trim().toLowerCase());
  if (TRUSTED.some((host) => host.test(url.hostname)) || allowed.includes(url.hostname) || allowed.includes(url.host))
    return url;
  throw new Error(
    `${url.host} is not a known host of Microsoft Fabric, so it was not sent a token. If it is right, name it in the ` +
      `environment: FABRIC_ALLOWED_HOSTS=${url.host}`,
  );
}
