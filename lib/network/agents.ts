import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { HttpsProxyAgent } from "https-proxy-agent";
import { proxyName, proxyOf } from "./proxy.ts";

/** Our error code for a request that did not get past the proxy, and so never reached the service. */
const PROXY_FAILED = "ProxyFailed";

/** The connections to one address. */
export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** Closes idle connections. */
  destroy(): void;
}

/**
 * Kept-alive connections to an address: direct, or through the proxy that the environment names for the address.
 * @throws Error if the environment's value is not the address of a proxy
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
 * Tunnels by CONNECT. Every failure before the tunnel is open is the proxy's: the request was not sent, and a status is not the
 * service's answer.
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

  /** An error without details: the library's errors may contain the proxy's address with credentials. */
  #failure(reason: string): Error {
    const message = `the proxy ${this.#name} made no connection (${reason})`;
    return Object.assign(new Error(message), { code: PROXY_FAILED });
  }
}
