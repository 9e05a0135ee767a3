import { z } from "zod";
import { believe, ownWords, tolerant } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { Clock } from "../clock.ts";
import type { Wait } from "./fabricCall.ts";
import { FabricError, isServiceAnswer } from "./fabricError.ts";
import { retryAfterSeconds } from "../retryHandler.ts";
import { withoutSecretsIn } from "./withoutSecrets.ts";
import { messageOf } from "./messageOf.ts";

/** The service's report on an operation. */
const operationState = z.object({
  /** `NotStarted` or `Running`, or one of {@link SUCCEEDED} and {@link FAILED}; more words may be added. */
  status: z.string().min(1),
  error: tolerant(ownWords),
});

/** Words for operations that have succeeded, in lower case. */
const SUCCEEDED: ReadonlySet<string> = new Set(["succeeded", "completed"]);
/**
 * Words for operations that have ended in another way, in lower case, with the code of the error if the service gives none. Each of
 * them may have done a part of its work.
 */
const FAILED: ReadonlyMap<string, string> = new Map([
  ["failed", "OperationFailed"],
  ["cancelled", "OperationCancelled"],
  ["canceled", "OperationCancelled"],
  ["undefined", "OperationUndefined"],
]);

/** Shortest pause between polls. */
const MIN_PAUSE_MS = 25;
/** Pause between polls if the service names none. */
const DEFAULT_PAUSE_S = 2;
/** Longest pause that is accepted; the service names at most 120. */
const MAX_PAUSE_S = 120;
/** Pause before the first poll. Operations of the service end after 1 to 86 s, and most of them sooner than Retry-After says. */
export const FIRST_POLL_MS = 1_000;
/** Growth factor of each further pause. */
const POLL_GROWTH = 2;
/** Longest wait for an operation, unless the caller says otherwise. */
const OPERATION_DEADLINE_MS = 30 * 60_000;

/** Ids become part of a path, so they must hold nothing that changes it. */
const OPERATION_ID = /^[\w-]{1,100}$/;

/**
 * The id of the operation that an answer started. Only a 202 can name one, by its header or by a Location that ends in
 * `/operations/{id}`, or in that operation's `/result`. A 202 without an id tells no outcome (`isPlainlyAccepted` of a call).
 */
export function operationOf({
  status,
  headers,
  origin,
}: Pick<Answer, "status" | "headers" | "origin">): string | undefined {
  if (status !== 202) return undefined;
  const { "x-ms-operation-id": named = "", location = "" } = headers;
  if (OPERATION_ID.test(named)) return named;
  if (!URL.canParse(location, origin)) return undefined;
  const { pathname } = new URL(location, origin);
  const [family = "", id = ""] = pathname
    .replace(/(\/result)?\/?$/i, "")
    .split("/")
    .slice(-2);
  return family.toLowerCase() === "operations" && OPERATION_ID.test(id) ? id : undefined;
}

/** Stand-in for the answer that started an operation of an earlier run. It may be over, so the first poll comes at once. */
export const acceptedEarlier = (operationId: string, origin: string): Answer => ({
  status: 202,
  headers: { "x-ms-operation-id": operationId, "retry-after": "0" },
  origin,
  body: undefined,
});

/** A client's settings for waiting for operations. */
export interface Waiting {
  readonly clock: Clock;
  /** Pause before the first poll, in ms, if the service asks for a longer one. */
  readonly firstPollMs: number;
  /**
   * Whether the nth poll of an operation may come sooner than Retry-After says. An allowed poll is counted.
   * @param nth from 1
   */
  readonly mayPollEarly: (nth: number) => boolean;
  /** Called before each pause. */
  readonly onWait?: (wait: Wait) => void;
}

/**
 * Waits for an operation and returns the answer with its result, or undefined if it has none.
 *
 * `Location` is not followed: it names a host of the service's own choice, which must not see our token. The operation's
 * id answers at the configured endpoint too. See
 * https://learn.microsoft.com/en-us/rest/api/fabric/articles/long-running-operation
 * @param started the answer that started the operation
 * @param get sends a GET below the endpoint
 * @throws FabricError if the operation failed or missed the deadline, or an answer was not the service's
 */
export async function waitForOperation(
  started: Answer,
  get: (path: string) => Promise<Answer>,
  options: Waiting & {
    operation: string;
    remedies?: Readonly<Record<string, string>> | undefined;
    deadlineMs?: number | undefined;
    signal?: AbortSignal | undefined;
    /** Whether the caller reads the result, so that it is requested in any case. */
    isResultNeeded?: boolean;
    /** Secrets of the call, which the service may repeat. */
    secrets?: readonly string[];
  },
): Promise<Answer | undefined> {
  const { clock, operation, deadlineMs = OPERATION_DEADLINE_MS, signal, isResultNeeded = false } = options;
  const id = operationOf(started) ?? "";
  // the service has accepted the request, so a failed poll says nothing about its outcome
  const ask = async (path: string): Promise<Answer> => {
    try {
      return await get(path);
    } catch (error) {
      if (error instanceof FabricError) throw error.ofOperation(id);
      // there was no token for the poll
      const serviceMessage = messageOf(error);
      throw new FabricError({
        ...{ operation, errorCode: "SignInFailed", serviceMessage, operationId: id, isOutcomeKnown: false },
      });
    }
  };
  const path = `/operations/${id}`;
  const deadline = clock.now() + deadlineMs;
  for (let last = started, status = "accepted", nth = 1; ; nth++) {
    const pause = pauseMs(last, nth, options);
    if (clock.now() + pause > deadline) throw late(operation, id, status, deadlineMs);
    if (pause > 0) {
      options.onWait?.({ why: "operation", ms: pause });
      await clock.sleep(pause, signal);
    }
    last = await ask(path);
    const state = believe(last, { operation, method: "GET", path, answer: operationState });
    status = state.status;
    const word = status.trim().toLowerCase();
    const failure = FAILED.get(word);
    if (failure !== undefined) {
      const errorCode = state.error?.errorCode ?? failure;
      throw new FabricError({
        operation,
        errorCode,
        operationId: id,
        requestId: state.error?.requestId ?? last.headers["requestid"],
        isRetriable: state.error?.isRetriable,
        ...withoutSecretsIn(state.error ?? {}, options.secrets ?? []),
        isOutcomeKnown: true,
        remedy: options.remedies?.[errorCode],
      });
    }
    if (SUCCEEDED.has(word)) {
      // without Location there is no result to request
      if (!isResultNeeded && last.headers["location"] === undefined) return undefined;
      try {
        return await ask(`${path}/result`);
      } catch (error) {
        // the operation has succeeded, and the service says that there is no result
        if (!isResultNeeded && isServiceAnswer(error, 400, 404)) return undefined;
        throw error;
      }
    }
  }
}

/**
 * Milliseconds before the nth poll. Retry-After is the longest pause, not the shortest: the service also names 20 s for an
 * operation of one second, and does not refuse earlier polls. Retry-After 0 lets the first poll come at once, and not all that
 * follow, which would use up the quota.
 */
function pauseMs({ headers }: Answer, nth: number, { clock, firstPollMs, mayPollEarly }: Waiting): number {
  const seconds = Math.min(retryAfterSeconds(headers, clock.now()) ?? DEFAULT_PAUSE_S, MAX_PAUSE_S);
  const atOnce = nth === 1 ? 0 : firstPollMs * Math.min(POLL_GROWTH ** (nth - 2), DEFAULT_PAUSE_S);
  const told = Math.max(seconds === 0 ? atOnce : seconds * 1000, MIN_PAUSE_MS);
  const early = Math.max(firstPollMs * POLL_GROWTH ** (nth - 1), MIN_PAUSE_MS);
  return early < told && mayPollEarly(nth) ? early : told;
}

function late(operation: string, id: string, status: string, deadlineMs: number): FabricError {
  const last = /^\w{1,40}$/.test(status) ? `; its last state was ${status}` : "";
  return new FabricError({
    operation,
    errorCode: "OperationTimedOut",
    operationId: id,
    serviceMessage: `Operation ${id} has not ended after ${Math.round(deadlineMs / 60_000)} minutes${last}`,
    remedy: "It may still end; run again to see, nothing is made twice.",
    isOutcomeKnown: false,
  });
}
