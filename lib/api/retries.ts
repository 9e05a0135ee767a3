import { AxiosError } from "axios";
import type { AxiosInstance } from "axios";
import axiosRetry from "axios-retry";
import { eitherOf, isServicesOwn, outcomeOf, routeOf } from "./attempt.ts";
import type { Settings } from "./attempt.ts";
import type { Clock } from "../clock.ts";
import type { Wait } from "./fabricCall.ts";
import { maySendAgain } from "./outcome.ts";
import { decideRetry, failureOf } from "../retryHandler.ts";
import { throttlePause } from "./throttleBudget.ts";
import type { ThrottleBudget } from "./throttleBudget.ts";

/** How calls are repeated. */
export interface Retrying {
  readonly clock: Clock;
  readonly baseMs: number;
  readonly onWait: (wait: Wait) => void;
  readonly throttleBudget: ThrottleBudget;
  readonly onThrottled: (call: string, ms: number) => void;
  /** No repetition begins after it. */
  readonly stop?: AbortSignal | undefined;
}

/** Repeats failed calls of an instance of axios, as far as that helps and duplicates nothing. */
export function addRetries(
  instance: AxiosInstance,
  { clock, baseMs, stop, onWait, throttleBudget, onThrottled }: Retrying,
): void {
  const decide = (error: AxiosError) => {
    const { method = "post", replaySafe, attempts, throttled = 0 } = (error.config ?? {}) as Partial<Settings>;
    const isFinal = error.code === AxiosError.ERR_CANCELED || !maySendAgain({ method, replaySafe }, outcomeOf(error));
    return decideRetry((attempts?.count ?? 1) - throttled, isFinal ? {} : failureOf(error, clock.now()), { baseMs });
  };
  /** Whether the budget grants a refusal by quota its wait; further failures follow the limit of attempts. */
  const isGranted = (error: AxiosError): boolean => {
    const config = error.config as Settings | undefined;
    if (!config) return false;
    config.grantedMs = undefined;
    if (error.response?.status !== 429 || !isServicesOwn(error)) return false;
    const nth = (config.throttled ?? 0) + 1;
    const ms = throttlePause(nth, failureOf(error, clock.now()).retryAfterSeconds, baseMs);
    if (!throttleBudget.grant(ms)) return false;
    config.throttled = nth;
    config.grantedMs = ms;
    onThrottled(`${(config.method ?? "").toUpperCase()} ${routeOf(new URL(config.url ?? "").pathname)}`, ms);
    return true;
  };
  axiosRetry(instance, {
    // the condition decides, because waits on the budget do not count
    retries: Number.MAX_SAFE_INTEGER,
    shouldResetTimeout: true,
    retryCondition: (error) => !stop?.aborted && (isGranted(error) || decide(error).kind === "wait"),
    // our own code waits, through the clock, and an abort ends the wait
    retryDelay: () => 0,
    onRetry: async (_retry, error, config) => {
      const granted = (error.config as Settings | undefined)?.grantedMs;
      const decision = granted === undefined ? decide(error) : ({ kind: "wait", ms: granted } as const);
      if (decision.kind !== "wait") return;
      onWait({ why: "retry", ms: decision.ms });
      await clock
        .sleep(decision.ms, eitherOf(config.signal as AbortSignal | undefined, stop))
        .catch((reason: unknown) => {
          // interrupted between two attempts: the error of the last attempt is the best knowledge
          throw stop?.aborted ? error : reason;
        });
    },
  });
}
