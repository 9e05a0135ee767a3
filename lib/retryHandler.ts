import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { FeatureFlags } from "./featureFlags.ts";

/** Retries after the first call. */
export const MAX_RETRIES = 3;
/** The first pause; each further one is twice as long. */
export const BASE_DELAY_MS = 2_000;
/** A service that wants a longer pause than this is not waited for. */
export const MAX_RETRY_AFTER_S = 120;
/** What an answer without a usable Retry-After means. */
const DEFAULT_RETRY_AFTER_S = 5;

const RETRYABLE_STATUS = new Set([408, 429, 500, 502, 503, 504]);
/** Codes of connections that failed or ran out of time; node:net's, node:dns's and axios's. */
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

/** What is known of a failed call, as far as retrying is concerned. */
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

/** What the decision depends on beside the failure. */
export interface RetryPolicy {
  /** @default BASE_DELAY_MS */
  readonly baseMs?: number;
}

/**
 * Decides what to do after a failed attempt, as far as repeating may cure it. Whether the call may be sent twice at all is
 * another question (`lib/api/outcome.ts`). Pure.
 * @param attempt 1 for the first call
 */
export function decideRetry(attempt: number, failure: Failure, { baseMs }: RetryPolicy = {}): RetryDecision {
  const ms = isRetryableFailure(failure) ? pauseAfter(attempt, failure.retryAfterSeconds, baseMs) : undefined;
  return ms === undefined ? { kind: "giveUp" } : { kind: "wait", ms };
}

/**
 * Milliseconds to wait after a failed attempt: 2, 4 and 8 s, or Retry-After if that is longer. Pure.
 * @param attempt 1 for the first call
 * @returns undefined if there is no further attempt: it was the last one, or the service wants a longer pause than is waited for
 */
export function pauseAfter(attempt: number, retryAfterSeconds = 0, baseMs = BASE_DELAY_MS): number | undefined {
  if (attempt > MAX_RETRIES || retryAfterSeconds > MAX_RETRY_AFTER_S) return undefined;
  return Math.max(baseMs * 2 ** (attempt - 1), retryAfterSeconds * 1000);
}

/**
 * The first pause of a process: FABRIC_RETRY_BASE_MS, with which tests shorten the back-off, else {@link BASE_DELAY_MS}.
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
 * How much longer or shorter than by default a process waits of its own accord: before retries, before it asks for an
 * operation, and for the window of a quota. FABRIC_RETRY_BASE_MS says so; 1 by default.
 * @throws Error if FABRIC_RETRY_BASE_MS is no number of milliseconds
 */
export const timeScaleOf = (env: NodeJS.ProcessEnv): number => baseDelayOf(env) / BASE_DELAY_MS;

function isRetryableFailure({ status, code }: Failure): boolean {
  return status === undefined ? RETRYABLE_CODES.has(code ?? "") : RETRYABLE_STATUS.has(status);
}

/** Whether an answer's status is one that repeating may cure: 408, 429, 500, 502, 503, 504. */
export function isRetryableError(response: { status: number }): boolean {
  return RETRYABLE_STATUS.has(response.status);
}

/**
 * Seconds that an answer asks to wait: its Retry-After in seconds or as a date, else 5.
 * @param response of axios or of fetch
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

/** Headers of fetch and axios answer `get`; plain objects have keys in any case. */
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

/** What an error thrown by any HTTP library says: `response.status`, `status`, `code`, also of its cause. */
export function failureOf(error: unknown, now?: number): Failure {
  if (typeof error !== "object" || error === null) return {};
  const { response, status, code, cause } = error as Record<string, unknown>;
  if (
    typeof response === "object" &&
    response !== null &&
    typeof (response as { status?: unknown }).status === "number"
  ) {
    const answer = response as { status: number; headers?: unknown };
    // a success that was cut off is no answer
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
 * Wraps a function so that it is called again after an error that may pass: at most 3 times, after 2, 4 and 8 s, or
 * Retry-After if that is longer. Only thrown errors count. With `useRetryLogic` off, the result is the function itself.
 *
 * The wrapper knows nothing about HTTP methods: a call that must not happen twice must be made safe to repeat by the caller.
 * Errors of `FabricClient` are final, because the client itself retries.
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
