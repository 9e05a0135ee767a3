import { agentsFor } from "../network/agents.ts";
import type { Agents } from "../network/agents.ts";
import { FabricError, isFabricError, isOutcomeUnknown } from "./fabricError.ts";
import { DENIED_BY_NETWORK, adviceOnNetwork, privateLinkOf, whyUnusable, workspaceIn } from "./privateLink.ts";

/** An address of the service, with the connections to it. */
export interface Address {
  /** `https://api.fabric.microsoft.com/v1`. */
  readonly endpoint: string;
  readonly agents: Agents;
}

/** The private link of a workspace. */
interface Link extends Address {
  /** The common address does not serve the workspace here, and the link does. */
  isNeeded?: boolean;
  /** Why the link cannot be used from here. */
  unusable?: string;
}

/** The addresses of a client: the common one, and the private links of the workspaces that it has called. */
export class Addresses {
  readonly #common: Address;
  readonly #links = new Map<string, Link>();
  readonly #env: NodeJS.ProcessEnv;

  /** @param endpoint without a slash at its end */
  constructor(endpoint: string, env: NodeJS.ProcessEnv) {
    this.#common = { endpoint, agents: agentsFor(endpoint, env) };
    this.#env = env;
  }

  /**
   * Makes a call at the common address; if the network of this machine may not reach the call's workspace there, over the private
   * link of that.
   * @param path path of the call
   * @param workspaceId the workspace that the call is about, if it is about one
   * @param callAt makes the call at an address
   * @throws FabricError the call's own error; the refusal of the common address with advice, if the link cannot be used either
   */
  async call<T>(path: string, workspaceId: string | undefined, callAt: (address: Address) => Promise<T>): Promise<T> {
    const link = workspaceId === undefined ? undefined : this.#linkOf(workspaceId);
    if (link === undefined) return callAt(this.#common);
    // operations are the tenant's, so the common address comes first
    if (link.isNeeded && workspaceIn(path) !== undefined) return callAt(link);
    try {
      return await callAt(this.#common);
    } catch (error) {
      if (!isFabricError(error, DENIED_BY_NETWORK)) throw error;
      return overLink(link, error, callAt);
    }
  }

  /** Closes idle connections. */
  close(): void {
    for (const { agents } of [this.#common, ...this.#links.values()]) agents.destroy();
  }

  #linkOf(workspaceId: string): Link | undefined {
    const known = this.#links.get(workspaceId);
    if (known) return known;
    const endpoint = privateLinkOf(this.#common.endpoint, workspaceId);
    if (endpoint === undefined) return undefined;
    const link = { endpoint, agents: agentsFor(endpoint, this.#env) };
    this.#links.set(workspaceId, link);
    return link;
  }
}

/** Makes a call that was refused at the common address over a private link, unless that cannot be used either. */
async function overLink<T>(link: Link, refusal: FabricError, callAt: (address: Address) => Promise<T>): Promise<T> {
  try {
    if (link.unusable === undefined) {
      const answer = await callAt(link);
      link.isNeeded = true;
      return answer;
    }
  } catch (error) {
    const reason = whyUnusable(error);
    if (reason === undefined) throw isOutcomeUnknown(refusal) ? stillUnknown(error, refusal) : error;
    link.unusable = reason;
  }
  throw refusal.withRemedy(adviceOnNetwork(link.endpoint, link.unusable ?? ""));
}

/** The error of a call over a link, if an attempt at the common address may have had its effect before that was refused. */
const stillUnknown = (error: unknown, refusal: FabricError): FabricError =>
  error instanceof FabricError ? error.asOutcomeUnknown() : refusal;
