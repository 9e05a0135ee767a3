import { BlockList, isIP } from "node:net";

/*
 * The route of a request: direct, or through the proxy that the environment names. The variables are those of curl, Go and
 * Azure's libraries, upper case before lower case: HTTPS_PROXY, ALL_PROXY, HTTP_PROXY. NO_PROXY lists hosts with a direct
 * route.
 */

const VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/** Variables that may name where a cloud gives managed identities their tokens. */
const IDENTITY_VARIABLES = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"];

const valueOf = (env: NodeJS.ProcessEnv, name: string) => (env[name] || env[name.toLowerCase()] || "").trim();

/** Variables that may name the proxy for a protocol. Like Azure's libraries, https falls back to HTTP_PROXY. */
const variablesFor = (protocol: string) =>
  protocol === "http:" ? ["HTTP_PROXY", "ALL_PROXY"] : ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"];

/** This machine, and the link-local addresses at which a cloud serves metadata to its machines. */
const NEAR = new BlockList();
NEAR.addSubnet("127.0.0.0", 8, "ipv4");
NEAR.addSubnet("169.254.0.0", 16, "ipv4");
NEAR.addAddress("::1", "ipv6");
NEAR.addSubnet("fe80::", 10, "ipv6");

/**
 * The proxy for a request. Pure.
 * @returns undefined for a direct route: no proxy is set, NO_PROXY names the host, or the host is this machine
 * @throws Error that names the variable, but not its value, if the value is not the address of a proxy
 */
export function proxyOf(url: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const variable = variablesFor(url.protocol).find((name) => valueOf(env, name) !== "");
  if (variable === undefined || isNear(url) || isExempt(url, exemptIn(env))) return undefined;
  return proxyAddress(valueOf(env, variable), variable);
}

/** Name of a proxy for messages: without the credentials in its address. */
export const proxyName = (proxy: URL): string => proxy.host;

/** Passwords in proxy addresses, as they stand there, encoded and decoded. They must never be printed. */
export function proxySecrets(env: NodeJS.ProcessEnv): string[] {
  const addresses = VARIABLES.flatMap((name) => [env[name], env[name.toLowerCase()]]).filter((value) => value);
  const passwords = addresses.flatMap((value = "") => {
    // a password that nobody has encoded may hold every character, and ends before the last @
    const written = /^(?:[a-z][a-z\d+.-]*:\/\/)?[^:@/]*:(.+)@/i.exec(value.trim())?.[1];
    return [written, parsed(value.trim())?.password];
  });
  const spelled = (password: string) => [password, plain(password), encodeURIComponent(password)];
  return [...new Set(passwords.flatMap((password) => (password ? spelled(password) : [])))];
}

/** The hosts that give managed identities their tokens. A proxy cannot reach them, and must not see the secret that they want. */
const identityHosts = (env: NodeJS.ProcessEnv) =>
  IDENTITY_VARIABLES.flatMap((name) => {
    const address = env[name] ?? "";
    return URL.canParse(address) ? [new URL(address).hostname].filter(Boolean) : [];
  });

/**
 * Environment variables that make libraries with other proxy rules take the same routes. gRPC, which connects Pulumi's
 * processes on this machine, would use a lower-case proxy variable even for its own address. Azure's libraries do not exempt
 * loopback, and take `contoso.com` in NO_PROXY for that host only, without the hosts below it.
 * @returns the variables to set; none if there is no proxy
 */
export function proxyEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const variables = VARIABLES.filter((name) => valueOf(env, name) !== "");
  if (variables.length === 0 && !env["grpc_proxy"]) return {};
  const exempt = exemptIn(env);
  const names = exempt.flatMap((entry) => {
    const host = hostName(entry.replace(/:443$/, "")).replace(/^\*?\.?/, "");
    return entry === "*" || isIP(host) || /[/:]/.test(host) ? [entry] : [host, `.${host}`];
  });
  const near = ["localhost", ".localhost", "127.0.0.1", "::1", "[::1]", "169.254.169.254", ...identityHosts(env)];
  const list = [...new Set([...names, ...near])].join(",");
  const isNone = exempt.includes("*");
  const used = variablesFor("https:").find((name) => variables.includes(name));
  const own = variables.flatMap((name): [string, string][] => {
    if (isNone) return [[name, ""]];
    // another variable may name a proxy of another kind for other programs: ALL_PROXY=socks5://…
    const isUsable = name === used || isHttpProxy(parsed(valueOf(env, name)));
    return isUsable ? [[name, proxyAddress(valueOf(env, name), name).href]] : [];
  });
  return { ...Object.fromEntries(own), NO_PROXY: list, no_proxy: list };
}

/** Applies {@link proxyEnvironment} to this process. Must come before Azure's libraries, which read only the environment. */
export function settleProxies(env: NodeJS.ProcessEnv = process.env): void {
  Object.assign(env, proxyEnvironment(env));
}

function proxyAddress(text: string, variable: string): URL {
  const url = parsed(text);
  if (url && isHttpProxy(url)) return encoded(url);
  throw new Error(`${variable} must be the address of an HTTP proxy, for example http://proxy.contoso.com:3128.`);
}

/** The address of a proxy, with or without a scheme. */
function parsed(text: string): URL | undefined {
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(address) ? new URL(address) : undefined;
}

const isHttpProxy = (url: URL | undefined): boolean =>
  Boolean(url?.hostname) && (url?.protocol === "http:" || url?.protocol === "https:");

/** An address whose credentials every library can decode: a password may have a `%` that encodes nothing. */
function encoded(url: URL): URL {
  url.username = decodable(url.username);
  url.password = decodable(url.password);
  return url;
}

function decodable(text: string): string {
  const whole = text.replace(/%(?![\da-f]{2})/gi, "%25");
  return plain(whole) === whole && whole.includes("%") ? text.replaceAll("%", "%25") : whole;
}

/** A name of a host in one spelling: a dot at its end means the same host. */
const hostName = (name: string) => name.toLowerCase().replace(/\.$/, "");
const hostOf = (url: URL) => hostName(url.hostname.replace(/^\[|\]$/g, ""));

function isNear(url: URL): boolean {
  const host = hostOf(url);
  return host === "localhost" || host.endsWith(".localhost") || isIn(NEAR, host);
}

const isIn = (list: BlockList, host: string) => {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? "ipv6" : "ipv4");
};

/** The entries of NO_PROXY. Both cases of the name count, because some programs read only one. */
const exemptIn = (env: NodeJS.ProcessEnv) =>
  [env["NO_PROXY"], env["no_proxy"]]
    .join(",")
    .split(/[\s,;]+/)
    .map((entry) => entry.toLowerCase())
    .filter(Boolean);

/**
 * Whether the list exempts a URL's host. Entries: `*`, a host with all hosts below it, with or without a port, an address, a
 * range of addresses, or a pattern in which `*` stands for the rest.
 */
function isExempt(url: URL, list: readonly string[]): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === "http:" ? "80" : "443");
  return list.some((entry) => {
    if (entry === "*") return true;
    const [range, bits] = entry.split("/");
    if (range && bits) return isInRange(host, range, Number(bits));
    const [, name = "", ofPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
    if (ofPort !== undefined && ofPort !== port) return false;
    const pattern = hostName(name);
    const suffix = pattern.replace(/^\*?\./, "");
    if (suffix.includes("*")) return matches(pattern.replace(/^\./, "*."), host);
    return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`));
  });
}

/** Whether a text matches a pattern in which `*` stands for anything. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[^\w-]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

function isInRange(host: string, range: string, bits: number): boolean {
  const family = isIP(range);
  if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(range, bits, family === 6 ? "ipv6" : "ipv4");
  return isIn(list, host);
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
