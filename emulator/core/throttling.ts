import { ServiceError } from "./service.ts";
import type { Reply, Service } from "./service.ts";

/** A refusal by quota. The caller must wait for the rest of the window. */
class Throttled extends ServiceError {
  readonly retryAfterSeconds: number;
  constructor(until: number, now: number) {
    const message = `Request is blocked by the upstream service until: ${new Date(until).toUTCString()}`;
    super(429, "RequestBlocked", message, { isRetriable: true });
    this.retryAfterSeconds = Math.ceil((until - now) / 1000);
  }

  override toReply(): Reply {
    const reply = super.toReply();
    return { ...reply, headers: { ...reply.headers, "Retry-After": String(this.retryAfterSeconds) } };
  }
}

/** A number of calls per identity and window. */
interface Quota {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
}

const MINUTE_MS = 60_000;
const platform: Quota = { name: "platform", limit: 500, windowMs: MINUTE_MS };
const jobs: Quota = { name: "jobs", limit: 200, windowMs: MINUTE_MS };
const operations: Quota = { name: "operations", limit: 200, windowMs: MINUTE_MS };
const createWorkspace: Quota = { name: "create workspace", limit: 200, windowMs: MINUTE_MS };
const bulkImport: Quota = { name: "bulk import", limit: 10, windowMs: MINUTE_MS };

/**
 * The quotas that a call counts towards. Platform, jobs and operations are separate, and two calls also have a quota of their
 * own. https://learn.microsoft.com/en-us/rest/api/fabric/articles/throttling
 */
function quotasOf(method: string, path: string): readonly Quota[] {
  if (path.startsWith("/operations/")) return [operations];
  if (path.includes("/jobs/")) return [jobs];
  if (method === "POST" && path === "/workspaces") return [platform, createWorkspace];
  if (method === "POST" && path.endsWith("/bulkimportdefinitions")) return [platform, bulkImport];
  return [platform];
}

/** Counts calls by identity in fixed windows, as the service does. A window begins with its first call. */
export class Throttling {
  readonly #windows = new Map<string, { readonly until: number; calls: number }>();

  /**
   * Counts a call.
   * @param path in lower case, relative to the Fabric API; undefined if the call belongs to another API
   * @throws Throttled if the call exceeds a limit
   */
  count(service: Service, identity: string, method: string, path: string | undefined): void {
    const { throttle, quota, speed } = service.levers;
    const own = throttle ? [{ name: "all", ...throttle }] : [];
    const documented = quota === "documented" && path !== undefined ? quotasOf(method, path) : [];
    const quotas = [...own, ...documented.map((one) => ({ ...one, windowMs: one.windowMs / speed }))];
    const now = service.clock.now();
    const over = quotas.map((one) => this.#over(`${identity} ${one.name}`, one, now)).filter((until) => until > 0);
    if (over.length > 0) throw new Throttled(Math.max(...over), now);
  }

  reset(): void {
    this.#windows.clear();
  }

  /** Counts a call in one window. @returns the end of a full window; 0 if the window has room */
  #over(key: string, { limit, windowMs }: Quota, now: number): number {
    let window = this.#windows.get(key);
    if (!window || window.until <= now) {
      window = { until: now + windowMs, calls: 0 };
      this.#windows.set(key, window);
    }
    return ++window.calls > limit ? window.until : 0;
  }
}
