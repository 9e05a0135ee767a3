import { randomUUID } from "node:crypto";
import type { Fault } from "./faults.ts";
import { ServiceError } from "./service.ts";
import type { Call, Reply, Route, Service } from "./service.ts";

/** The reply of a route, or the refusal that the route throws. */
export function answer(route: Route | undefined, call: Call, service: Service): Reply {
  try {
    if (!route) throw new ServiceError(404, "EntityNotFound", "The requested resource could not be found");
    return route.handler(call, service);
  } catch (error) {
    if (error instanceof ServiceError) return error.toReply();
    process.stderr.write(`emulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return new ServiceError(500, "InternalServerError", "The emulator failed; this is a bug of it").toReply();
  }
}

/** The reply that a fault rule demands. */
export function faultReply({ status = 500, errorCode, message, isRetriable, retryAfter }: Fault): Reply {
  const more = isRetriable === undefined ? {} : { isRetriable };
  const reply = new ServiceError(status, errorCode, message, more).toReply();
  return retryAfter === undefined ? reply : { ...reply, headers: { ...reply.headers, "Retry-After": retryAfter } };
}

/** The request id that a refusal names. The service names the same one in the header. */
function requestIdIn(body: unknown): string | undefined {
  const { requestId } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return typeof requestId === "string" ? requestId : undefined;
}

/** A response with the headers that the service sends with every answer. */
export function responseOf({ status, body, headers = {} }: Reply): Response {
  const exposed = ["RequestId", ...Object.keys(headers).filter((name) => name !== "Content-Type")];
  const all = new Headers({
    "Cache-Control": "no-store, must-revalidate, no-cache",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "home-cluster-uri": "https://wabi-west-europe-redirect.analysis.windows.net/",
    "request-redirected": "true",
    RequestId: requestIdIn(body) ?? randomUUID(),
    "Access-Control-Expose-Headers": exposed.join(","),
    "Content-Type": body === undefined ? "application/octet-stream" : "application/json; charset=utf-8",
    ...(body === undefined && { "Content-Length": "0" }),
    ...headers,
  });
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: all });
}
