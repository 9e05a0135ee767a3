import { AsyncLocalStorage } from "node:async_hooks";
import axios, { AxiosError } from "axios";
import type { AxiosInstance, AxiosResponse } from "axios";
import { z } from "zod";
import { believe, notTheService, readAnswer, strangerOf } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { attemptOf, isOutage, isServicesOwn } from "./attempt.ts";
import { CircuitBreaker } from "../circuitBreaker.ts";
import { Attempts, cleanError, receivedOf } from "./cleanError.ts";
import type { Answering, Attempt, FabricCall, Wait } from "./fabricCall.ts";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { TokenSource } from "../signIn/credentials.ts";
import { FabricError, isServiceAnswer } from "./fabricError.ts";
import type { FeatureFlags } from "../featureFlags.ts";
import { FIRST_POLL_MS, acceptedEarlier, operationOf, waitForOperation } from "./longRunningOperation.ts";
import type { Waiting } from "./longRunningOperation.ts";
import { addRetries } from "./retries.ts";
import { baseDelayOf, timeScaleOf } from "../retryHandler.ts";
import { Pages, pageOf } from "./pages.ts";
import { QUOTA_WINDOW_MS } from "./quota.ts";
import { THROTTLE_BUDGET_S, ThrottleBudget } from "./throttleBudget.ts";
import { Throttle } from "./throttle.ts";
import { workspaceIn } from "./privateLink.ts";
import { assertTrustedEndpoint } from "./trustedHost.ts";
import { Addresses } from "./addresses.ts";
import type { Address } from "./addresses.ts";

/** The parts and settings of a client. */
export interface FabricClientOptions {
  /** `https://api.fabric.microsoft.com/v1`, or what {@link assertTrustedEndpoint} accepts. */
  readonly endpoint: string;
  /** What decides the endpoint, for errors: `FABRIC_ENDPOINT`. @default nothing */
  readonly endpointFrom?: string | undefined;
  readonly tokens: TokenSource;
  /** @default that of the Fabric API */
  readonly scope?: string;
  readonly flags: FeatureFlags;
  readonly clock?: Clock;
  /** FABRIC_RETRY_BASE_MS, FABRIC_ALLOWED_HOSTS, HTTPS_PROXY, NO_PROXY. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Shared by clients of one quota. @default one of its own */
  readonly throttle?: Throttle;
  /** How long refusals by quota are waited for in all. @default ten minutes */
  readonly throttleBudget?: ThrottleBudget;
  /** Called when a call begins to wait because the service has refused it by quota. */
  readonly onThrottled?: (call: string, ms: number) => void;
  /** Shared by clients of one host. @default one of its own, 5 failures, 60 s */
  readonly breaker?: CircuitBreaker;
  /** Longest time for one attempt, in ms. @default 100 s */
  readonly attemptTimeoutMs?: number;
  /** Called after each attempt that was sent. A call that an open breaker held back is no attempt. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Called when a wait begins: before a repetition, or between two polls of an operation. */
  readonly onWait?: (wait: Wait) => void;
  /**
   * Graceful stop. No new call or retry starts, except within {@link FabricClient.finishing}, and back-off waits end; calls
   * and operations in flight run to completion so that their outcome is known.
   */
  readonly stop?: AbortSignal | undefined;
}

/** Longest wait for an operation of an earlier run. It began long ago, and the waiting command cannot be interrupted. */
const EARLIER_OPERATION_DEADLINE_MS = 5 * 60_000;

/**
 * A client of the Fabric API, and of Microsoft Graph. It has the only retry loop for HTTP, around the only breaker of the
 * host: each attempt passes the throttle gate and the breaker, and an error that leaves the client is final.
 */
export class FabricClient {
  /** Scope of tokens for the Fabric API. */
  static readonly scope = "https://api.fabric.microsoft.com/.default";

  readonly #endpoint: string;
  readonly #endpointFrom: string | undefined;
  readonly #tokens: TokenSource;
  readonly #scope: string;
  readonly #axios: AxiosInstance;
  readonly #stop: AbortSignal | undefined;
  /** How operations are waited for. */
  readonly #waiting: Waiting;
  readonly #isFinishing = new AsyncLocalStorage<true>();
  readonly #addresses: Addresses;

  /** @throws Error if the endpoint must not receive a token */
  constructor(options: FabricClientOptions) {
    const {
      flags,
      clock = systemClock,
      env = process.env,
      throttle = new Throttle(clock, { windowMs: QUOTA_WINDOW_MS * timeScaleOf(env) }),
      scope = FabricClient.scope,
      onWait = () => undefined,
    } = options;
    assertTrustedEndpoint(options.endpoint, env);
    this.#endpoint = options.endpoint.replace(/\/+$/, "");
    this.#endpointFrom = options.endpointFrom;
    this.#tokens = options.tokens;
    this.#scope = scope;
    this.#stop = options.stop;
    const firstPollMs = FIRST_POLL_MS * timeScaleOf(env);
    this.#waiting = { clock, firstPollMs, mayPollEarly: (nth) => throttle.mayPollEarly(nth), onWait };
    const breaker = flags.useCircuitBreaker
      ? (options.breaker ?? new CircuitBreaker({ expectedException: isOutage, clock }))
      : undefined;
    this.#addresses = new Addresses(this.#endpoint, env);
    this.#axios = axios.create({
      // a redirect is no answer, and must not take the token along
      maxRedirects: 0,
      validateStatus: (status) => status < 400,
      proxy: false,
      headers: { Accept: "application/json" },
      // bodies stay text, because axios would pass a page on as if it were an answer
      responseType: "text",
      transformResponse: [(data: unknown) => data],
      adapter: attemptOf({ ...options, clock, throttle, breaker }, () => this.#stopNow()),
    });
    this.#axios.interceptors.request.use(async (config) => {
      config.headers.set("Authorization", `Bearer ${await this.#tokens.token(scope)}`);
      return config;
    });
    const throttleBudget =
      options.throttleBudget ?? new ThrottleBudget(clock, THROTTLE_BUDGET_S * 1_000 * timeScaleOf(env));
    const { stop, onThrottled = () => undefined } = options;
    if (flags.useRetryLogic)
      addRetries(this.#axios, { clock, baseMs: baseDelayOf(env), stop, onWait, throttleBudget, onThrottled });
  }

  /**
   * Sends a call and waits for the operation that it started. 200 and 201: the body. 202 with an operation: the operation's
   * result, or undefined if it has none. An empty body: undefined.
   * @throws FabricError, also if the answer is not the service's or lacks the shape that the call expects
   */
  async send<T>(call: FabricCall & Answering<T>): Promise<T>;
  async send(call: FabricCall): Promise<void>;
  async send(call: FabricCall): Promise<unknown> {
    if (this.#stopNow()?.aborted) {
      throw new FabricError({
        operation: call.operation,
        errorCode: "Interrupted",
        serviceMessage: "the run was interrupted before this was sent",
        isOutcomeKnown: true,
      });
    }
    const answer = await this.#exchange(call);
    const isResultNeeded = call.answer !== undefined && !call.answer.safeParse(undefined).success;
    const operationId = operationOf(answer);
    if (operationId === undefined) {
      if (answer.status === 202 && !call.isPlainlyAccepted)
        throw notTheService(
          answer,
          call,
          "that it accepted the request, without naming an operation that tells the result",
        );
      return believe(answer, call);
    }
    await call.onAccepted?.(operationId);
    const { operation, remedies, deadlineMs, signal, secrets = [] } = call;
    const workspaceId = workspaceIn(call.path);
    const get = (path: string) =>
      this.#exchange({ method: "GET", path, operation, secrets, ...(signal && { signal }) }, workspaceId);
    const options = { ...this.#waiting, operation, remedies, deadlineMs, signal, isResultNeeded, secrets };
    const result = await waitForOperation(answer, get, options);
    // the operation has succeeded, so a result that nobody reads decides nothing
    const isUnread = !isResultNeeded && call.answer?.safeParse(result?.body).success === false;
    return isUnread ? undefined : result && believe(result, call);
  }

  /**
   * Waits until an operation of another run has ended, in success or failure. An operation that the service no longer knows
   * has ended, too.
   * @param operation name of the call in an error
   * @throws FabricError if the operation could not be polled, or has not ended after five minutes
   */
  async operationEnded(operationId: string, operation: string): Promise<void> {
    const get = (path: string) => this.#exchange({ method: "GET", path, operation });
    const options = { ...this.#waiting, operation, deadlineMs: EARLIER_OPERATION_DEADLINE_MS };
    try {
      await waitForOperation(acceptedEarlier(operationId, this.#endpoint), get, options);
    } catch (error) {
      const hasFailed = error instanceof FabricError && error.operationId !== undefined && error.isOutcomeKnown;
      if (!hasFailed && !isServiceAnswer(error, 400, 404)) throw error;
    }
  }

  /**
   * All pages of a list, each object once: a list that changes between two pages may show it on both. The call's shape is that of
   * an entry.
   * @throws FabricError
   */
  async list<T>(call: Omit<FabricCall, "method" | "body"> & Answering<T>): Promise<T[]>;
  async list(call: Omit<FabricCall, "method" | "body">): Promise<unknown[]>;
  async list(call: Omit<FabricCall, "method" | "body">): Promise<unknown[]> {
    const answer = pageOf(call.answer ?? z.unknown());
    const all: unknown[] = [];
    const pages = new Pages(call.operation);
    for (let continuationToken: string | undefined; ;) {
      const query = { ...call.query, continuationToken };
      const page = await this.send({ ...call, method: "GET", query, answer });
      all.push(...page.value);
      continuationToken = pages.after(page);
      if (continuationToken === undefined) return eachOnce(all);
    }
  }

  /**
   * Runs work that finishes a begun change. Its calls are sent even after `stop`, so that nothing is left half-done or
   * unknown. Retries still end with `stop`.
   */
  finishing<T>(work: () => Promise<T>): Promise<T> {
    return this.#isFinishing.run(true, work);
  }

  /** The signal that ends calls at present. */
  #stopNow(): AbortSignal | undefined {
    return this.#isFinishing.getStore() ? undefined : this.#stop;
  }

  /** Closes idle connections. */
  close(): void {
    this.#addresses.close();
  }

  /** @param workspaceId the workspace that the call is about, if it is about one */
  #exchange(call: FabricCall, workspaceId = workspaceIn(call.path)): Promise<Answer> {
    return this.#addresses.call(call.path, workspaceId, (address) => this.#exchangeAt(address, call));
  }

  async #exchangeAt({ endpoint, agents }: Address, call: FabricCall): Promise<Answer> {
    const { method, path, query, body, signal, replaySafe = false, attemptsBefore = 0 } = call;
    const attempts = new Attempts(attemptsBefore);
    const config = {
      method,
      url: endpoint + path,
      httpAgent: agents.httpAgent,
      httpsAgent: agents.httpsAgent,
      ...(query && { params: query }),
      ...(body !== undefined && { data: body }),
      ...(signal && { signal }),
      replaySafe,
      attempts,
    };
    const request = async () => answerOf(await this.#axios.request<unknown>(config));
    try {
      return await request();
    } catch (error) {
      if (!isTokenRefused(error)) throw cleanError(error, call, { attempts, addressFrom: this.#endpointFrom });
    }
    attempts.count = attemptsBefore;
    try {
      // once, because the token may have expired during the run
      await this.#tokens.token(this.#scope, { refresh: true });
      return await request();
    } catch (error) {
      throw cleanError(error, call, { attempts, addressFrom: this.#endpointFrom, refused: this.#tokens });
    }
  }
}

/** Entries without those whose id came before. Entries without an id stay as they are. */
function eachOnce(entries: readonly unknown[]): unknown[] {
  const seen = new Set<unknown>();
  return entries.filter((entry) => {
    const id = typeof entry === "object" && entry !== null && "id" in entry ? entry.id : undefined;
    if (typeof id !== "string") return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** Whether a new token may help. A service may refuse a token without a body; a page comes from a proxy's own sign-in. */
function isTokenRefused(error: unknown): error is AxiosError {
  if (!(error instanceof AxiosError) || error.response?.status !== 401) return false;
  return isServicesOwn(error) || strangerOf(receivedOf(error.response)) === undefined;
}

/** Reads an answer. The adapter has accepted it already, so reading cannot fail. */
function answerOf(response: AxiosResponse): Answer {
  const answer = readAnswer(receivedOf(response));
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}
