import { randomUUID } from "node:crypto";
import type { Fault } from "./faults.ts";
import { GraphError } from "../families/identity.ts";
import { ServiceError } from "./service.ts";
import type { Call, Reply, Route, Service } from "./service.ts";
import { Throttled } from "./throttling.ts";

/**
 * The answer of a route, or the refusal it throws.
 * @param admit throws where the call is refused whatever it asks for
 */
export function answer(route: Route | undefined, call: Call, service: Service, admit: () => void): Reply {
  try {
    admit();
    if (!route) throw new ServiceError(404, "EntityNotFound", "The requested resource could not be found");
    return route.handler(call, service);
  } catch (error) {
    if (error instanceof Throttled) return withRetryAfter(refusalOf(error), String(error.retryAfterSeconds));
    if (error instanceof ServiceError) return refusalOf(error);
    process.stderr.write(`emulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return refusalOf(new ServiceError(500, "InternalServerError", "The emulator failed; this is a bug of it"));
  }
}

/** A refusal in the envelope of the API that refuses. */
export function refusalOf(error: ServiceError): Reply {
  const { status, errorCode, message, more } = error;
  if (error instanceof GraphError) return { status, body: { error: { code: errorCode, message } } };
  return {
    status,
    body: { requestId: randomUUID(), errorCode, message, isRetriable: status === 429, ...more },
    headers: { "x-ms-public-api-error-code": errorCode },
  };
}

/** What a fault rule wants to be answered. */
export function faultReply({ status = 500, errorCode, message, isRetriable, retryAfter }: Fault): Reply {
  const reply = refusalOf(
    new ServiceError(status, errorCode, message, isRetriable === undefined ? {} : { isRetriable }),
  );
  return retryAfter === undefined ? reply : withRetryAfter(reply, retryAfter);
}

const withRetryAfter = (reply: Reply, seconds: string): Reply => ({
  ...reply,
  headers: { ...reply.headers, "Retry-After": seconds },
});

/** A reply with the headers that the service sends with every answer. */
export function responseOf({ status, body, headers = {} }: Reply): Response {
  const exposed = ["RequestId", ...Object.keys(headers).filter((name) => name !== "Content-Type")];
  const all = new Headers({
    "Cache-Control": "no-store, must-revalidate, no-cache",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "home-cluster-uri": "https://wabi-west-europe-redirect.analysis.windows.net/",
    "request-redirected": "true",
    RequestId: randomUUID(),
    "Access-Control-Expose-Headers": exposed.join(","),
    "Content-Type": body === undefined ? "application/octet-stream" : "application/json; charset=utf-8",
    ...(body === undefined && { "Content-Length": "0" }),
    ...headers,
  });
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: all });
}
