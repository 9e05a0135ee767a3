import { ServiceError } from "./service.ts";
import type { Reply, Service } from "./service.ts";

/** A refusal by quota; the rest of the window is what the caller is told to wait. */
export class Throttled extends ServiceError {
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

/** Counts calls by identity in fixed windows, as the service does. */
export class Throttling {
  readonly #windows = new Map<string, { readonly until: number; calls: number }>();

  /** @throws Throttled above the limit, where one is set */
  count(service: Service, identity: string): void {
    const { throttle } = service.levers;
    if (!throttle) return;
    const now = service.clock.now();
    let window = this.#windows.get(identity);
    if (!window || window.until <= now) {
      window = { until: now + throttle.windowMs, calls: 0 };
      this.#windows.set(identity, window);
    }
    if (++window.calls > throttle.limit) throw new Throttled(window.until, now);
  }

  reset(): void {
    this.#windows.clear();
  }
}
