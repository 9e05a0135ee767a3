import { agentsFor } from "../network/agents.ts";
import { claimsOf } from "./tokenClaims.ts";
import { isLoopback } from "../api/trustedHost.ts";

/** Settings of requests for GitHub's assertion. */
export interface GitHubAssertionOptions {
  /** ACTIONS_ID_TOKEN_REQUEST_URL. */
  readonly requestUrl: string;
  /** ACTIONS_ID_TOKEN_REQUEST_TOKEN. */
  readonly requestToken: string;
  /** Audience of the assertion. */
  readonly audience: string;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** For HTTPS_PROXY and NO_PROXY. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** An assertion is not used in its last minute, because it could expire on the way. */
const MARGIN_MS = 60_000;
/** Time limit of a request to GitHub. */
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
    // without an end until the answer is there: further callers wait for the same answer
    const asked = {
      assertion: ask(url, options.requestToken, options.env ?? process.env),
      endsAt: Number.POSITIVE_INFINITY,
    };
    known = asked;
    asked.assertion.then(
      (assertion) => (asked.endsAt = (claimsOf(assertion)["exp"] as number) * 1000),
      () => (known = undefined),
    );
    return asked.assertion;
  };
}

async function ask(url: URL, requestToken: string, env: NodeJS.ProcessEnv): Promise<string> {
  // a redirect would take the request's token to another host
  const agents = agentsFor(url.href, env);
  const { default: axios } = await import("axios");
  const { status, data } = await axios
    .get<unknown>(url.href, {
      ...agents,
      proxy: false,
      headers: { authorization: `Bearer ${requestToken}`, accept: "application/json" },
      maxRedirects: 0,
      signal: AbortSignal.timeout(DEADLINE_MS),
      validateStatus: () => true,
    })
    .catch((error: unknown) => {
      // axios' own error holds the request with its token
      throw new Error(`GitHub was not reached: ${error instanceof Error ? error.message : "unknown error"}`);
    })
    .finally(() => agents.destroy());
  if (status < 200 || status > 299) throw new Error(`GitHub gave no id token (${status}).`);
  const { value } = (typeof data === "object" && data !== null ? data : {}) as { value?: unknown };
  if (typeof value !== "string" || typeof claimsOf(value)["exp"] !== "number") {
    throw new Error("GitHub's answer holds no id token.");
  }
  return value;
}
