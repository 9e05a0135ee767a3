import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { HttpsProxyAgent } from "https-proxy-agent";
import { proxyName, proxyOf } from "./proxy.ts";

/** Code of ours for a request that did not get past the proxy, and so was never sent. */
export const PROXY_FAILED = "ProxyFailed";

/** How connections to one address are made. */
export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** Closes idle connections. */
  destroy(): void;
}

/**
 * Connections to an address, kept alive: straight, or through the proxy that the environment names for it.
 * @throws Error if what it names is no address of a proxy
 */
export function agentsFor(address: string, env: NodeJS.ProcessEnv): Agents {
  const proxy = proxyOf(new URL(address), env);
  const httpAgent = new HttpAgent({ keepAlive: true });
  const httpsAgent = proxy ? new ThroughProxy(proxy) : new HttpsAgent({ keepAlive: true });
  return {
    httpAgent,
    httpsAgent,
    destroy() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

/**
 * Tunnels by CONNECT. Whatever fails before the tunnel stands is the proxy's: the request was not sent, and its answer is no
 * answer of the service.
 */
class ThroughProxy extends HttpsProxyAgent<string> {
  readonly #name: string;

  constructor(proxy: URL) {
    super(proxy.href, { keepAlive: true });
    this.#name = proxyName(proxy);
  }

  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>["connect"]>) {
    let status = 200;
    request.once("proxyConnect", (answer: { statusCode: number }) => (status = answer.statusCode));
    let socket;
    try {
      socket = await super.connect(request, options);
    } catch (error) {
      throw this.#failure((error as NodeJS.ErrnoException).code ?? "it closed the connection");
    }
    if (status === 200) return socket;
    socket.destroy();
    throw this.#failure(status === 407 ? "407, it wants other credentials" : String(status));
  }

  /** Errors of the library may hold the proxy's address with its credentials. */
  #failure(reason: string): Error {
    const message = `the proxy ${this.#name} made no connection (${reason})`;
    return Object.assign(new Error(message), { code: PROXY_FAILED });
  }
}
