import { claimsOf } from "./tokenClaims.ts";
import { isLoopback } from "../api/trustedHost.ts";

/** What GitHub is asked with. */
export interface GitHubAssertionOptions {
  /** ACTIONS_ID_TOKEN_REQUEST_URL. */
  readonly requestUrl: string;
  /** ACTIONS_ID_TOKEN_REQUEST_TOKEN. */
  readonly requestToken: string;
  /** Who the assertion is meant for. */
  readonly audience: string;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** An assertion is not used in its last minute, in which it could end on its way. */
const MARGIN_MS = 60_000;
/** How long GitHub may take. */
const DEADLINE_MS = 30_000;

/**
 * Asks GitHub for the job's id token, and keeps it until shortly before it expires: Azure's library requests the assertion
 * twice for each token, even for a cached one.
 * @throws Error if the request's token would leave the machine unencrypted
 */
export function gitHubAssertion(options: GitHubAssertionOptions): () => Promise<string> {
  const now = options.now ?? Date.now;
  const url = URL.canParse(options.requestUrl) ? new URL(options.requestUrl) : undefined;
  if (!url || (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url)))) {
    throw new Error("ACTIONS_ID_TOKEN_REQUEST_URL must be an https address.");
  }
  url.searchParams.set("audience", options.audience);
  let known: { readonly assertion: Promise<string>; endsAt: number } | undefined;

  return () => {
    if (known && known.endsAt - MARGIN_MS > now()) return known.assertion;
    // endless until it is there: who comes meanwhile waits for the same answer
    const asked = { assertion: ask(url, options.requestToken), endsAt: Number.POSITIVE_INFINITY };
    known = asked;
    asked.assertion.then(
      (assertion) => (asked.endsAt = (claimsOf(assertion)["exp"] as number) * 1000),
      () => (known = undefined),
    );
    return asked.assertion;
  };
}

async function ask(url: URL, requestToken: string): Promise<string> {
  // a redirect would take the request's token to another host
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${requestToken}`, accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!response.ok) throw new Error(`GitHub gave no id token (${response.status}).`);
  const { value } = (await response.json().catch(() => ({}))) as { value?: unknown };
  if (typeof value !== "string" || typeof claimsOf(value)["exp"] !== "number") {
    throw new Error("GitHub's answer holds no id token.");
  }
  return value;
}
