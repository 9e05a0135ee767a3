import type { z } from "zod";

/** One call to the service. */
export interface FabricCall {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Path below the endpoint: `/workspaces/…`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Secrets in the body. An error never contains them, although the service may repeat the request in its answer. */
  readonly secrets?: readonly string[];
  /** Name of the call in an error: `create workspace 'sales-dev'`. */
  readonly operation: string;
  /** Whether a POST with an unknown outcome may be sent again, because a second execution changes nothing. @default false */
  readonly replaySafe?: boolean;
  /** Attempts of the same call by the caller before: the limit of attempts and the back-off continue from there. @default 0 */
  readonly attemptsBefore?: number;
  /** Remedies for error codes, if this call knows better ones than the general table. */
  readonly remedies?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Longest wait for a long-running operation, in ms. @default 30 minutes */
  readonly deadlineMs?: number;
  /**
   * Whether the service accepts the call by a 202 that names no operation, as a capacity's assignment: the caller looks for the
   * effect by itself. @default false: the outcome of a call with such an answer is unknown
   */
  readonly isPlainlyAccepted?: boolean;
  /** Called when the service has accepted a long-running operation, before the wait for it. */
  readonly onAccepted?: (operationId: string) => Promise<void>;
  /** Shape that the answer must have. @default any JSON, or no body */
  readonly answer?: z.ZodType;
}

/** A call whose answer is read. For a list, the shape is that of an entry. */
export interface Answering<T> {
  readonly answer: z.ZodType<T>;
}

/** A wait between two calls. */
export interface Wait {
  /** Before a repetition, or for a long-running operation. */
  readonly why: "retry" | "operation";
  /** Its planned length, in ms; an interruption ends it sooner. */
  readonly ms: number;
}

/** The record of one attempt for telemetry and reports. */
export interface Attempt {
  readonly method: string;
  /** `https://api.fabric.microsoft.com`. */
  readonly origin: string;
  /** Path with `{id}` for ids, without query. */
  readonly route: string;
  /** Path without query, with `{user}` for the names of people. */
  readonly path: string;
  /** Absent if no answer came. */
  readonly status: number | undefined;
  /** The service's own code, if it refused the call. */
  readonly errorCode?: string | undefined;
  readonly durationMs: number;
  /** How long the throttle gate held the call back before it was sent, in ms. */
  readonly heldMs: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly requestId: string | undefined;
}
