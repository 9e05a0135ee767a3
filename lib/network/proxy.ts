import { BlockList, isIP } from "node:net";

/*
 * The route of a request: direct, or through the proxy that the environment names. The variables are those of curl, Go and
 * Azure's libraries, upper case before lower case: HTTPS_PROXY, ALL_PROXY, HTTP_PROXY. NO_PROXY lists hosts with a direct
 * route.
 */

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
  if (variable === undefined || isNear(url) || isExempt(url, valueOf(env, "NO_PROXY"))) return undefined;
  return proxyAddress(valueOf(env, variable), variable);
}

/** Name of a proxy for messages: without the credentials in its address. */
export const proxyName = (proxy: URL): string => proxy.host;

/** Passwords in proxy addresses, encoded and decoded. They must never be printed. */
export function proxySecrets(env: NodeJS.ProcessEnv): string[] {
  return ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) =>
    [env[name], env[name.toLowerCase()]].flatMap((value) => {
      const password = /^(?:\w+:\/\/)?[^:@/]*:([^@/]+)@/.exec(value ?? "")?.[1];
      return password === undefined ? [] : [password, plain(password)];
    }),
  );
}

/**
 * Environment variables that make libraries with other proxy rules take the same routes. gRPC, which connects Pulumi's
 * processes on this machine, would use a lower-case proxy variable even for its own address. Azure's libraries do not exempt
 * loopback, and take `contoso.com` in NO_PROXY for that host only, without the hosts below it.
 * @returns the variables to set; none if there is no proxy
 */
export function proxyEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const variables = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].filter((name) => valueOf(env, name) !== "");
  if (variables.length === 0 && !env["grpc_proxy"]) return {};
  const exempt = entriesOf([env["NO_PROXY"], env["no_proxy"]].join(","));
  const names = exempt.flatMap((entry) => {
    const host = entry.replace(/^\*?\./, "");
    return entry === "*" || isIP(host) || /[/:]/.test(entry) ? [entry] : [host, `.${host}`];
  });
  const near = ["localhost", ".localhost", "127.0.0.1", "::1", "[::1]", "169.254.169.254"];
  const list = [...new Set([...names, ...near])].join(",");
  const isNone = exempt.includes("*");
  const own = variables.map((name): [string, string] => [
    name,
    isNone ? "" : proxyAddress(valueOf(env, name), name).href,
  ]);
  return { ...Object.fromEntries(own), NO_PROXY: list, no_proxy: list };
}

/** Applies {@link proxyEnvironment} to this process. Must come before Azure's libraries, which read only the environment. */
export function settleProxies(env: NodeJS.ProcessEnv = process.env): void {
  Object.assign(env, proxyEnvironment(env));
}

function proxyAddress(text: string, variable: string): URL {
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.hostname && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new Error(`${variable} must be the address of an HTTP proxy, for example http://proxy.contoso.com:3128.`);
}

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, "").toLowerCase();

function isNear(url: URL): boolean {
  const host = hostOf(url);
  return host === "localhost" || host.endsWith(".localhost") || isIn(NEAR, host);
}

const isIn = (list: BlockList, host: string) => {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? "ipv6" : "ipv4");
};

const entriesOf = (list: string) =>
  list
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase())
    .filter(Boolean);

/**
 * Whether the list exempts a URL's host. Entries: `*`, a host with all hosts below it, with or without a port, an address, or a
 * range of addresses.
 */
function isExempt(url: URL, list: string): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === "http:" ? "80" : "443");
  return entriesOf(list).some((entry) => {
    if (entry === "*") return true;
    const [range, bits] = entry.split("/");
    if (range && bits) return isInRange(host, range, Number(bits));
    const [, name = "", ofPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
    if (ofPort !== undefined && ofPort !== port) return false;
    const suffix = name.replace(/^\*?\./, "");
    return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`));
  });
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
