import type { Clock } from "./clock.ts";
import { FabricError } from "./fabricError.ts";
import type { ErrorDetail } from "./fabricError.ts";

/** An answer, as far as operations are concerned. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

/** The state of an operation as the service tells it; more words may be added. */
interface OperationState {
  readonly status: "Undefined" | "NotStarted" | "Running" | "Succeeded" | "Failed" | (string & {});
  readonly error?: {
    readonly errorCode?: string;
    readonly message?: string;
    readonly requestId?: string;
    readonly moreDetails?: ErrorDetail[];
    readonly isRetriable?: boolean;
  } | null;
}

/** Shortest pause between polls: 0, as a test server may say, would ask without end. */
const MIN_PAUSE_MS = 25;
/** Pause between polls where the service names none. */
const DEFAULT_PAUSE_S = 2;
/** Longest pause that is believed; the service names at most 120. */
const MAX_PAUSE_S = 120;
/** Longest wait for an operation, unless the caller says otherwise. */
export const OPERATION_DEADLINE_MS = 30 * 60_000;

/**
 * The id of the operation that an answer started: only of a 202 that names one. A 202 without is a plain "accepted", as
 * capacity assignments give.
 */
export function operationOf({ status, headers }: Answer): string | undefined {
  return status === 202 ? headers["x-ms-operation-id"] : undefined;
}

/**
 * Waits for an operation and returns its result, or undefined when it has none.
 *
 * `Location` is not followed: it names a host of the service's own choice, which must not see our token. The operation's
 * id answers at the configured endpoint too. See
 * https://learn.microsoft.com/en-us/rest/api/fabric/articles/long-running-operation
 * @param started the answer that started it
 * @param get sends a GET below the endpoint
 * @throws FabricError when it failed, or did not end before the deadline
 */
export async function waitForOperation(
  started: Answer,
  get: (path: string) => Promise<Answer>,
  options: {
    clock: Clock;
    operation: string;
    remedies?: Readonly<Record<string, string>> | undefined;
    deadlineMs?: number | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<unknown> {
  const { clock, operation, deadlineMs = OPERATION_DEADLINE_MS, signal } = options;
  const id = operationOf(started) ?? "";
  // the service has accepted the request: a question about it that fails says nothing of what becomes of it
  const ask = async (path: string): Promise<Answer> => {
    try {
      return await get(path);
    } catch (error) {
      throw error instanceof FabricError ? error.asOutcomeUnknown() : error;
    }
  };
  const deadline = clock.now() + deadlineMs;
  for (let last = started; ;) {
    const pause = pauseMs(last);
    if (clock.now() + pause > deadline) throw late(operation, id, deadlineMs);
    if (pause > 0) await clock.sleep(pause, signal);
    last = await ask(`/operations/${id}`);
    const state = last.body as OperationState;
    if (state.status === "Failed") {
      const errorCode = state.error?.errorCode ?? "OperationFailed";
      throw new FabricError({
        operation,
        errorCode,
        requestId: state.error?.requestId ?? last.headers["requestid"],
        isRetriable: state.error?.isRetriable,
        serviceMessage: state.error?.message,
        moreDetails: state.error?.moreDetails,
        isOutcomeKnown: true,
        remedy: options.remedies?.[errorCode],
      });
    }
    if (state.status === "Succeeded") {
      // without Location there is no result to ask for
      return last.headers["location"] === undefined ? undefined : (await ask(`/operations/${id}/result`)).body;
    }
  }
}

function pauseMs({ headers }: Answer): number {
  const seconds = Number(headers["retry-after"] ?? DEFAULT_PAUSE_S);
  const believed = Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, MAX_PAUSE_S) : DEFAULT_PAUSE_S;
  return Math.max(believed * 1000, MIN_PAUSE_MS);
}

function late(operation: string, id: string, deadlineMs: number): FabricError {
  return new FabricError({
    operation,
    errorCode: "OperationTimedOut",
    serviceMessage: `Operation ${id} has not ended after ${Math.round(deadlineMs / 60_000)} minutes`,
    remedy: "It may still end; run again to see, nothing is made twice.",
    isOutcomeKnown: false,
  });
}
