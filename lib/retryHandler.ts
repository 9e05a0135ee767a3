import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { FeatureFlags } from "./featureFlags.ts";

/** Retries after the first call. */
export const MAX_RETRIES = 3;
/** The first pause. Each further pause is twice as long. */
export const BASE_DELAY_MS = 2_000;
/** Longest pause that is granted. If the service asks for more, the call fails at once. */
export const MAX_RETRY_AFTER_S = 120;
/** Pause after an answer without a usable Retry-After. */
const DEFAULT_RETRY_AFTER_S = 5;

const RETRYABLE_STATUS = new Set([408, 429, 500, 502, 503, 504]);
/** Codes for failed or timed-out connections, from node:net, node:dns, axios and undici. */
const RETRYABLE_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_BAD_RESPONSE",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/** The facts about a failed call that decide about a retry. */
export interface Failure {
  /** HTTP status; absent if no answer came. */
  readonly status?: number | undefined;
  /** Error code if no answer came. */
  readonly code?: string | undefined;
  /** Retry-After of the answer, in seconds; absent if the answer has none. */
  readonly retryAfterSeconds?: number | undefined;
}

/** Whether to wait and try again, or to give up. */
export type RetryDecision = { readonly kind: "wait"; readonly ms: number } | { readonly kind: "giveUp" };

/** Settings of the decision. */
export interface RetryPolicy {
  /** @default BASE_DELAY_MS */
  readonly baseMs?: number;
}

/**
 * Decides whether a retry may cure a failed attempt. Whether the call may be sent twice at all is decided elsewhere
 * (`lib/api/outcome.ts`). Pure.
 * @param attempt 1 for the first call
 */
export function decideRetry(attempt: number, failure: Failure, { baseMs }: RetryPolicy = {}): RetryDecision {
  const ms = isRetryableFailure(failure) ? pauseAfter(attempt, failure.retryAfterSeconds, baseMs) : undefined;
  return ms === undefined ? { kind: "giveUp" } : { kind: "wait", ms };
}

/**
 * Milliseconds to wait after a failed attempt: 2, 4 and 8 s, or Retry-After if that is longer. Pure.
 * @param attempt 1 for the first call
 * @returns undefined if no further attempt follows: this was the last one, or Retry-After exceeds {@link MAX_RETRY_AFTER_S}
 */
export function pauseAfter(attempt: number, retryAfterSeconds = 0, baseMs = BASE_DELAY_MS): number | undefined {
  if (attempt > MAX_RETRIES || retryAfterSeconds > MAX_RETRY_AFTER_S) return undefined;
  return Math.max(baseMs * 2 ** (attempt - 1), retryAfterSeconds * 1000);
}

/**
 * The first pause of a process: FABRIC_RETRY_BASE_MS, which tests use to shorten the back-off, else {@link BASE_DELAY_MS}.
 * @throws Error if FABRIC_RETRY_BASE_MS is no number of milliseconds
 */
export function baseDelayOf(env: NodeJS.ProcessEnv): number {
  const text = env["FABRIC_RETRY_BASE_MS"];
  if (!text) return BASE_DELAY_MS;
  const ms = Number(text);
  if (!Number.isFinite(ms) || ms < 0) throw new Error("FABRIC_RETRY_BASE_MS must be a number of milliseconds.");
  return ms;
}

/**
 * Factor for all waits that a process chooses itself: before retries, between polls of an operation, and for the window of a
 * quota. Derived from FABRIC_RETRY_BASE_MS; 1 by default.
 * @throws Error if FABRIC_RETRY_BASE_MS is no number of milliseconds
 */
export const timeScaleOf = (env: NodeJS.ProcessEnv): number => baseDelayOf(env) / BASE_DELAY_MS;

function isRetryableFailure({ status, code }: Failure): boolean {
  return status === undefined ? RETRYABLE_CODES.has(code ?? "") : RETRYABLE_STATUS.has(status);
}

/** Whether a retry may cure an answer with this status: 408, 429, 500, 502, 503, 504. */
export function isRetryableError(response: { status: number }): boolean {
  return RETRYABLE_STATUS.has(response.status);
}

/**
 * Seconds to wait according to an answer: its Retry-After, as seconds or as a date, else 5.
 * @param response of axios or fetch
 */
export function getRetryAfter(response: { headers: unknown }): number {
  return retryAfterSeconds(response.headers) ?? DEFAULT_RETRY_AFTER_S;
}

/** Retry-After in seconds; undefined if it is absent, negative, or neither a number nor a date. */
export function retryAfterSeconds(headers: unknown, now: number = Date.now()): number | undefined {
  const text = headerOf(headers, "retry-after");
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text);
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

/** Value of a header. Headers of fetch and axios have `get`; plain objects have keys in any case. */
function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const get = (headers as { get?: unknown }).get;
  if (typeof get === "function") {
    const value: unknown = get.call(headers, name);
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  }
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const value: unknown = Array.isArray(entry?.[1]) ? entry[1][0] : entry?.[1];
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** The failure behind an error of any HTTP library: `response.status`, `status` or `code`, of the error or its cause. */
export function failureOf(error: unknown, now?: number): Failure {
  if (typeof error !== "object" || error === null) return {};
  const { response, status, code, cause } = error as Record<string, unknown>;
  if (
    typeof response === "object" &&
    response !== null &&
    typeof (response as { status?: unknown }).status === "number"
  ) {
    const answer = response as { status: number; headers?: unknown };
    // a success whose body was cut off does not count as an answer
    if (answer.status < 300) return typeof code === "string" ? { code } : {};
    return { status: answer.status, retryAfterSeconds: retryAfterSeconds(answer.headers, now) };
  }
  if (typeof status === "number") {
    return { status, retryAfterSeconds: retryAfterSeconds((error as { headers?: unknown }).headers, now) };
  }
  if (typeof code === "string") return { code };
  // fetch hides the socket's error behind "fetch failed"
  return cause === undefined ? {} : failureOf(cause, now);
}

/**
 * Wraps a function so that it is called again after a transient error: at most 3 times, after 2, 4 and 8 s, or Retry-After if
 * that is longer. Only thrown errors count. If `useRetryLogic` is off, the result is the function itself.
 *
 * The wrapper knows nothing about HTTP methods. If a call must not happen twice, the caller must make it safe to repeat. Errors
 * of `FabricClient` are final, because the client itself retries.
 */
export function fabricRetry<A extends unknown[], R>(
  fn: (...args: A) => Promise<R>,
  options: { flags?: FeatureFlags; clock?: Clock; signal?: AbortSignal } = {},
): (...args: A) => Promise<R> {
  const { clock = systemClock, signal } = options;
  const flags = options.flags ?? FeatureFlags.load();
  if (!flags.useRetryLogic) return fn;
  return async (...args) => {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await fn(...args);
      } catch (error) {
        const isFinal = (error as { final?: unknown } | null)?.final === true;
        const decision = decideRetry(attempt, failureOf(error, clock.now()));
        if (isFinal || decision.kind === "giveUp") throw error;
        await clock.sleep(decision.ms, signal);
      }
    }
  };
}
