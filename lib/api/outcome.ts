/*
 * Whether a call may have been executed. Every decision to send a call again, to look for its object, or to undo it rests on
 * the answer.
 */

/** How a call ended, as far as its end says something about what the service did. */
export interface Ending {
  /** HTTP status; absent if no answer came. */
  readonly status?: number | undefined;
  /** Whether the answer carries an error code of the service's own, and so is not a gateway's, a proxy's or a portal's. */
  readonly isServicesOwn?: boolean;
  /** Why no answer came: a code of the connection (`ECONNRESET`), or of ours (`CircuitOpen`). */
  readonly code?: string | undefined;
}

/**
 * What became of a request. `notSent`: it did not reach the service. `refused`: the service itself refused it, so it had no
 * effect. `unknown`: it may have had its effect.
 */
export type CallOutcome = "notSent" | "refused" | "unknown";

/** Codes of failures before anything was sent: of the connection, then of ours. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EAI_AGAIN",
  "ENOTFOUND",
  "ProxyFailed",
  "CircuitOpen",
  "Cancelled",
  "Interrupted",
]);

/** The one client error that does not refuse: the service gave up in the middle of the request. */
const REQUEST_TIMEOUT = 408;

/**
 * What became of a request that failed. Only a client error in the service's own words is a refusal. A server error is none,
 * and 503 neither: a gateway answers with it after the effect, too, and hands the service's own code on.
 */
export function callOutcome({ status, isServicesOwn = false, code = "" }: Ending): CallOutcome {
  if (status === undefined) return NEVER_SENT.has(code) ? "notSent" : "unknown";
  const isRefusal = isServicesOwn && status >= 400 && status < 500 && status !== REQUEST_TIMEOUT;
  return isRefusal ? "refused" : "unknown";
}

/** A call, as far as sending it twice is concerned. */
export interface Repeatable {
  readonly method: string;
  /** Of a POST: whether doing it twice changes nothing. @default false */
  readonly replaySafe?: boolean | undefined;
}

/** Whether a call may be sent again without a look at what the first attempt did. */
export function maySendAgain({ method, replaySafe = false }: Repeatable, outcome: CallOutcome): boolean {
  return method.toUpperCase() !== "POST" || replaySafe || outcome !== "unknown";
}
