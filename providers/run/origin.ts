/**
 * The place of an object: the configured endpoint's host and, if the token names it, the tenant. The state of every object
 * holds its origin, because "not found" means "gone" only at the place where the object was made.
 */
export interface Origin {
  /** Host of the *configured* endpoint, or `emulator`. FABRIC_ENDPOINT does not change it. */
  readonly host: string;
  /** Tenant of the token. Absent if the token names none (an opaque one, the emulator's). */
  readonly tenantId?: string | undefined;
}

/** The origin as one short string of the state: `host` or `host/tenantId`. */
export function formatOrigin(origin: Origin): string {
  return origin.tenantId ? `${origin.host}/${origin.tenantId}` : origin.host;
}

/** The opposite of {@link formatOrigin}. */
export function parseOrigin(text: string): Origin {
  const [host = "", tenantId] = text.split("/");
  return tenantId ? { host, tenantId } : { host };
}

/** The origin host of a configured endpoint. */
export function hostOfEndpoint(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
}

/**
 * How two places differ; undefined if they do not. A place without a tenant may be any tenant's.
 */
export function differenceOf(one: Origin, other: Origin): "host" | "tenant" | undefined {
  if (one.host !== other.host) return "host";
  const isOtherTenant = one.tenantId && other.tenantId && one.tenantId.toLowerCase() !== other.tenantId.toLowerCase();
  return isOtherTenant ? "tenant" : undefined;
}

/**
 * Refuses an object that was made somewhere else.
 * @throws Error that says how state and run differ, and how to go on
 */
export function assertSameOrigin(what: string, inState: unknown, now: Origin): void {
  if (typeof inState !== "string" || inState === "") return;
  const before = parseOrigin(inState);
  const difference = differenceOf(before, now);
  if (difference === "host") {
    throw new Error(
      `${what} was deployed to ${before.host}, and this run is configured for ${now.host}. Nothing was changed. ` +
        `Set fabric:endpoint back, or use another stack for the other endpoint.`,
    );
  }
  if (difference === "tenant") {
    throw new Error(
      `${what} belongs to tenant ${before.tenantId}, and this run is signed in to tenant ${now.tenantId}. Nothing was ` +
        `changed. Sign in to the right tenant, or use another stack for the other one.`,
    );
  }
}
