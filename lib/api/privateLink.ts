import { isFabricError } from "./fabricError.ts";
import { GUID } from "./guid.ts";

/*
 * A workspace that is closed to public networks answers `RequestDeniedByInboundPolicy` at the service's common address. What
 * belongs to it alone is then reached over its private link, at an address of its own; lists of the tenant are served only at the
 * common one. See https://learn.microsoft.com/fabric/security/security-workspace-level-private-links-overview
 */

/** The service's code for a call from a network that a workspace's inbound rules do not allow. Such a call had no effect. */
export const DENIED_BY_NETWORK = "RequestDeniedByInboundPolicy";

const COMMON_HOST = "api.fabric.microsoft.com";

/** Id of the workspace whose own call this is; undefined for calls of the tenant. */
export function workspaceIn(path: string): string | undefined {
  return new RegExp(`^/workspaces/(${GUID})(?:/|$)`, "i").exec(path)?.[1]?.toLowerCase();
}

/**
 * The endpoint of a workspace over its private link. It is made from the id, and not taken from an answer, so that no answer can
 * decide where tokens go.
 * @param endpoint the configured one
 * @returns undefined if that is not the service's common address in the public cloud
 */
export function privateLinkOf(endpoint: string, workspaceId: string): string | undefined {
  const url = new URL(endpoint);
  if (url.protocol !== "https:" || url.host !== COMMON_HOST) return undefined;
  const own = workspaceId.replaceAll("-", "").toLowerCase();
  return `https://${own}.z${own.slice(0, 2)}.w.${COMMON_HOST}${url.pathname.replace(/\/+$/, "")}`;
}

/** Codes of calls that reached nothing, and so certainly had no effect. */
const UNREACHED = ["EAI_AGAIN", "ECONNREFUSED", "ENOTFOUND", "ProxyFailed"];

/** Why a link cannot be used, from the failure of a call over it; undefined if the link served the call, or may have. */
export function whyUnusable(error: unknown): string | undefined {
  if (isFabricError(error, DENIED_BY_NETWORK)) return "the call was refused there, too";
  return isFabricError(error, ...UNREACHED) ? `nothing was reached there (${error.errorCode})` : undefined;
}

/** What to do if neither the common address nor the private link can be used. @param reason why the link cannot */
export function adviceOnNetwork(link: string, reason: string): string {
  return (
    `Its private link (${new URL(link).host}) could not be used either: ${reason}. Run this in a network that the workspace's ` +
    `inbound rules allow, with the link's private DNS, or let an Admin of the workspace allow this network.`
  );
}
