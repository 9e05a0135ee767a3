import { NOT_THE_SERVICE } from "../api/fabricError.ts";
import { BlobFailure, codeOf } from "./blobFailure.ts";
import type { BlobPlace } from "./blobPlace.ts";

/** Longest time for one request with its retries. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Sends a request to the storage account.
 * @param what the action in words, for messages: `append to dev-1.jsonl`
 * @param expected codes of expected failures; the result is then undefined
 * @throws BlobFailure for every other failure
 */
export type SendToBlobs = <T>(
  what: string,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ...expected: readonly string[]
) => Promise<T | undefined>;

/**
 * Returns an answer if it comes from the storage account itself, whose answers have a request id.
 * @throws Error if something else answered, for example a captive portal of the network
 */
export function fromStorage<T>(answer: T): T {
  const isAnswer = typeof answer === "object" && answer !== null && "_response" in answer;
  if (!isAnswer || (answer as { readonly requestId?: unknown }).requestId !== undefined) return answer;
  throw Object.assign(new Error("somebody else answered"), { code: NOT_THE_SERVICE });
}

/** Requests to one container. */
export const blobRequests =
  (place: BlobPlace): SendToBlobs =>
  async (what, call, ...expected) => {
    try {
      return fromStorage(await call({ abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }));
    } catch (error) {
      if (expected.includes(codeOf(error))) return undefined;
      throw new BlobFailure(what, place, error);
    }
  };
