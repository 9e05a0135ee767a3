import { certificateRemedies } from "./certificates.ts";

/*
 * Decides whether a call may have been executed. Every decision to repeat a call, to look for its object, or to undo it
 * depends on this.
 */

/** The end of a call, as far as it is evidence of what the service did. */
export interface Ending {
  /** HTTP status; absent if no answer came. */
  readonly status?: number | undefined;
  /** Whether the answer has an error code of the service, which no gateway, proxy or portal adds. */
  readonly isServicesOwn?: boolean;
  /** Reason why no answer came: a code of the connection (`ECONNRESET`), or of ours (`CircuitOpen`). */
  readonly code?: string | undefined;
}

/**
 * Outcome of a request. `notSent`: the request did not reach the service. `refused`: the service itself refused the request,
 * so it had no effect. `unknown`: the request may have had its effect.
 */
export type CallOutcome = "notSent" | "refused" | "unknown";

/** Codes of failures before anything was sent: first of the connection, then ours. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EAI_AGAIN",
  "ENOTFOUND",
  // a request is sent only after the handshake
  ...Object.keys(certificateRemedies),
  "ProxyFailed",
  "CircuitOpen",
  "Cancelled",
  "Interrupted",
]);

/** The only client error that is no refusal: the service gave up in the middle of the request. */
const REQUEST_TIMEOUT = 408;

/**
 * Outcome of a failed request. Only a client error with the service's own code is a refusal. A server error is no refusal,
 * not even 503: a gateway also sends 503 after the effect, with the service's own code.
 */
export function callOutcome({ status, isServicesOwn = false, code = "" }: Ending): CallOutcome {
  if (status === undefined) return NEVER_SENT.has(code) ? "notSent" : "unknown";
  const isRefusal = isServicesOwn && status >= 400 && status < 500 && status !== REQUEST_TIMEOUT;
  return isRefusal ? "refused" : "unknown";
}

/** The properties of a call that decide about a repetition. */
export interface Repeatable {
  readonly method: string;
  /** For a POST: whether a second execution changes nothing. @default false */
  readonly replaySafe?: boolean | undefined;
}

/** Whether a call may be repeated without a look for the effect of the first attempt. */
export function maySendAgain({ method, replaySafe = false }: Repeatable, outcome: CallOutcome): boolean {
  return method.toUpperCase() !== "POST" || replaySafe || outcome !== "unknown";
}
