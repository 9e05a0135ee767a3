import { AxiosError, getAdapter } from "axios";
import type { AxiosResponse, InternalAxiosRequestConfig } from "axios";
import { ownErrorOf, readAnswer, requestIdOf } from "./answer.ts";
import { CircuitOpenError } from "../circuitBreaker.ts";
import type { CircuitBreaker } from "../circuitBreaker.ts";
import { Attempts, headersOf, receivedOf } from "./cleanError.ts";
import type { Clock } from "../clock.ts";
import type { Attempt } from "./fabricCall.ts";
import { NOT_THE_SERVICE } from "./fabricError.ts";
import { GUID } from "./guid.ts";
import { callOutcome } from "./outcome.ts";
import type { CallOutcome } from "./outcome.ts";
import { MAX_RETRY_AFTER_S, failureOf } from "../retryHandler.ts";
import type { Passage, Throttle } from "./throttle.ts";

/* One attempt of a call, as an adapter of axios, and what its failure says. */

/** Longest time for one attempt. */
const ATTEMPT_TIMEOUT_MS = 100_000;
const ID = new RegExp(GUID, "gi");

/** Settings of a request, beside those of axios. */
export interface Settings extends InternalAxiosRequestConfig {
  /** Of the call so far. axios copies the settings for each attempt, and not this record. */
  attempts?: Attempts;
  /** Whether a POST with an unknown outcome may be sent again. */
  replaySafe?: boolean;
  /** Refusals by quota after which the call waited on the budget. They do not count as attempts. */
  throttled?: number;
  /** The wait that the last refusal by quota was granted, in ms. */
  grantedMs?: number | undefined;
}

/** What an attempt passes, and who is told of it. */
export interface AttemptOptions {
  readonly clock: Clock;
  readonly throttle: Throttle;
  readonly breaker: CircuitBreaker | undefined;
  /** @default 100 s */
  readonly attemptTimeoutMs?: number;
  readonly onAttempt?: (attempt: Attempt) => void;
}

/** One attempt: it passes the gate and the breaker, and has a deadline of its own. */
export function attemptOf(options: AttemptOptions, stopNow: () => AbortSignal | undefined) {
  const { throttle, breaker, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS } = options;
  const http = getAdapter("http");
  const withDeadline = async (config: Settings): Promise<AxiosResponse> => {
    const deadline = AbortSignal.timeout(attemptTimeoutMs);
    const caller = config.signal as AbortSignal | undefined;
    try {
      return await http({ ...config, signal: caller ? AbortSignal.any([caller, deadline]) : deadline });
    } catch (error) {
      if (!deadline.aborted || caller?.aborted) throw error;
      throw new AxiosError(`no answer within ${attemptTimeoutMs / 1000} s`, "ETIMEDOUT", config);
    }
  };
  /** An answer that is not the service's neither opens nor closes the breaker: it proves nothing about the service. */
  const believable = async (config: Settings): Promise<AxiosResponse> => {
    const response = await withDeadline(config);
    const read = readAnswer(receivedOf(response));
    if (typeof read !== "string") return response;
    throw new AxiosError(read, NOT_THE_SERVICE, config, undefined, response);
  };
  return async (config: Settings): Promise<AxiosResponse> => {
    const { origin, pathname } = new URL(config.url ?? "");
    const method = (config.method ?? "get").toUpperCase();
    const signal = eitherOf(config.signal as AbortSignal | undefined, stopNow());
    const attempts = (config.attempts ??= new Attempts());
    const arrival = performance.now();
    const passage = await throttle.pass(signal, { method, path: pathname }).catch(() => {
      throw new AxiosError("not sent", AxiosError.ERR_CANCELED, config);
    });
    const begin = performance.now();
    let response: AxiosResponse | undefined;
    let isSent = true;
    attempts.count++;
    try {
      response = await (breaker ? breaker.call(believable, config) : believable(config));
      passage.passed();
      return response;
    } catch (error) {
      isSent = !(error instanceof CircuitOpenError);
      if (!isSent) {
        attempts.count--;
        // the outcome of an earlier attempt stays unknown
        throw new AxiosError((error as CircuitOpenError).message, (error as CircuitOpenError).code, config);
      }
      if (error instanceof AxiosError) {
        response = error.response;
        // breaker and retries need the request's own settings, not the copy with a deadline
        error.config = config;
        attempts.mayHaveArrived ||= outcomeOf(error) === "unknown";
        tellGate(passage, error, options.clock);
      }
      throw error;
    } finally {
      if (isSent) {
        options.onAttempt?.({
          method,
          origin,
          route: routeOf(pathname),
          path: pathname.replace(/\/users\/[^/]+/, "/users/{user}"),
          status: response?.status,
          errorCode: response && response.status >= 400 ? ownErrorOf(receivedOf(response))?.errorCode : undefined,
          durationMs: performance.now() - begin,
          heldMs: begin - arrival,
          attempt: attempts.count,
          requestId: response && requestIdOf(headersOf(response)),
        });
      }
    }
  };
}

/** A path without ids and names of people. */
export const routeOf = (pathname: string) => pathname.replace(ID, "{id}").replace(/\/users\/[^/]+/, "/users/{user}");

/** Outcome of the last attempt. */
export const outcomeOf = (error: AxiosError): CallOutcome =>
  callOutcome({ ...failureOf(error), isServicesOwn: isServicesOwn(error) });

/** Whether the service itself answered with an error, in its own words. */
export const isServicesOwn = ({ response }: AxiosError) =>
  response !== undefined && response.status >= 400 && ownErrorOf(receivedOf(response)) !== undefined;

/** Reports an answer to the gate. A refusal by quota counts for every call of the identity; any other proves spare quota. */
function tellGate(passage: Passage, error: AxiosError, clock: Clock): void {
  const { status, retryAfterSeconds } = failureOf(error, clock.now());
  if (status !== undefined && status !== 429) passage.passed();
  if (status === 429 && retryAfterSeconds !== undefined && retryAfterSeconds <= MAX_RETRY_AFTER_S) {
    passage.refused(retryAfterSeconds * 1000);
  }
}

/** Whether the service itself is in trouble, and not only this request: no answer, or a server error. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof AxiosError) || error.code === AxiosError.ERR_CANCELED) return false;
  const status = error.response?.status;
  return status === undefined || status === 408 || status >= 500;
}

/** A signal that aborts if either of two does. */
export const eitherOf = (one: AbortSignal | undefined, other: AbortSignal | undefined) =>
  one && other ? AbortSignal.any([one, other]) : (one ?? other);
