import { BlobFailure, codeOf } from "./blobFailure.ts";
import type { BlobPlace } from "./blobPlace.ts";

/** How long one request may take, with its repetitions. */
const PATIENCE_MS = 60_000;

/**
 * Sends a request to the storage account.
 * @param what is being done, for messages: `append to dev-1.jsonl`
 * @param expected codes of failures that are an answer too: the result is undefined then
 * @throws BlobFailure for every other failure
 */
export type SendToBlobs = <T>(
  what: string,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ...expected: readonly string[]
) => Promise<T | undefined>;

/** Requests to one container. */
export const blobRequests =
  (place: BlobPlace): SendToBlobs =>
  async (what, call, ...expected) => {
    try {
      return await call({ abortSignal: AbortSignal.timeout(PATIENCE_MS) });
    } catch (error) {
      if (expected.includes(codeOf(error))) return undefined;
      throw new BlobFailure(what, place, error);
    }
  };
