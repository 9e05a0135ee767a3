import type { z } from "zod";

/** One call to the service. */
export interface FabricCall {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below the endpoint: `/workspaces/…`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** What a failure is called: `create workspace 'sales-dev'`. */
  readonly operation: string;
  /** A POST that may be sent twice although its outcome is unknown, because doing it twice changes nothing. @default false */
  readonly replaySafe?: boolean;
  /** How often the caller has sent the same call before: the limit of attempts and the back-off go on from there. @default 0 */
  readonly attemptsBefore?: number;
  /** What to do about error codes, where this call knows better than the general table. */
  readonly remedies?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Longest wait for a long-running operation, in ms. @default 30 minutes */
  readonly deadlineMs?: number;
  /** Told of the long-running operation that the service has accepted, before it is waited for. */
  readonly onAccepted?: (operationId: string) => Promise<void>;
  /** What the answer has to be, for who reads it. @default any JSON, or no body */
  readonly answer?: z.ZodType;
}

/** A call whose answer is read; of a list, the shape is that of an entry. */
export interface Answering<T> {
  readonly answer: z.ZodType<T>;
}

/** What telemetry learns of one attempt. */
export interface Attempt {
  readonly method: string;
  /** `https://api.fabric.microsoft.com`. */
  readonly origin: string;
  /** Path with `{id}` for ids, without query. */
  readonly route: string;
  /** Absent where no answer came. */
  readonly status: number | undefined;
  readonly durationMs: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly requestId: string | undefined;
}
