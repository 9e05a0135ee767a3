import { z } from "zod";
import { optional } from "./answer.ts";
import { FabricError, NOT_THE_SERVICE } from "./fabricError.ts";

/* The pages of a list. A list that ends too early would mean that the rest is gone, so every doubt is an error. */

/** Most pages in a row that bring nothing. */
const MAX_EMPTY_PAGES = 100;

/** A page of a list. An answer without `value` is refused: as an empty page, it would mean that everything is gone. */
export const pageOf = <T>(entry: z.ZodType<T>) =>
  z.object({ value: z.array(entry), continuationToken: optional(z.string()), continuationUri: optional(z.string()) });

type Page = z.output<ReturnType<typeof pageOf>>;

/** The way through the pages of one list. */
export class Pages {
  readonly #operation: string;
  readonly #seen = new Set<string>();
  #empty = 0;

  /** @param operation name of the call in an error */
  constructor(operation: string) {
    this.#operation = operation;
  }

  /**
   * The token of the page that follows; undefined after the last page.
   * @throws FabricError if the pages come again, bring nothing for too long, or go on at an address without a token
   */
  after({ value, continuationToken, continuationUri }: Page): string | undefined {
    const next = continuationToken ? decoded(continuationToken) : this.#tokenIn(continuationUri);
    if (next === undefined) return undefined;
    this.#empty = value.length === 0 ? this.#empty + 1 : 0;
    if (this.#seen.has(next) || this.#empty > MAX_EMPTY_PAGES)
      throw new FabricError({
        operation: this.#operation,
        errorCode: "RepeatedPage",
        serviceMessage: "The service gives the same pages again and again",
      });
    this.#seen.add(next);
    return next;
  }

  /** The token in an address. The address itself is not followed, because its host must not see our token. */
  #tokenIn(address: string | undefined): string | undefined {
    if (!address) return undefined;
    const url = URL.canParse(address, "https://any.example") ? new URL(address, "https://any.example") : undefined;
    const token = url?.searchParams.get("continuationToken");
    if (token) return token;
    throw new FabricError({
      operation: this.#operation,
      errorCode: NOT_THE_SERVICE,
      serviceMessage: "The list goes on at an address that names no page of it",
    });
  }
}

/** Tokens arrive url-encoded; axios encodes them again. */
function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}
