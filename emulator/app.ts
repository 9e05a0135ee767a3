import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Hono } from "hono";
import type { Context } from "hono";
import type { Api, Family } from "./core/family.ts";
import type { Faults } from "./core/faults.ts";
import { answer, faultReply, responseOf } from "./core/replies.ts";
import { bodyOf } from "./core/requestBody.ts";
import type { RequestRecord } from "./core/requestRecord.ts";
import { ServiceError } from "./core/service.ts";
import type { Call, Reply, Route, Service } from "./core/service.ts";
import { respelled } from "./core/spelling.ts";
import type { Throttling } from "./core/throttling.ts";
import { readToken } from "./families/identity.ts";
import { itemTypes } from "./families/itemTypes.ts";

/** Everything that answers to requests depend on. */
export interface Answering {
  readonly service: Service;
  readonly faults: Faults;
  readonly throttling: Throttling;
  /** Records of all requests. */
  readonly requests: RequestRecord[];
  /** Object id of the caller if a token does not contain one. */
  readonly callerOf: () => string;
}

/** The part of a request that the router keeps: its socket, because a fault may close it. */
export interface Bindings {
  readonly Bindings: { readonly incoming: IncomingMessage };
}

/** Route in the records of requests that no family answers. */
const unknown = "unknown";
/** Prefix of the paths of an API. The templates of Graph and Entra contain their own. */
const prefixes: Readonly<Record<Api, string>> = { fabric: "/v1", graph: "", entra: "" };

/** Routes requests to families and to the control plane. Unknown paths answer 404 and count as not covered. */
export function routed(
  families: readonly Family[],
  answering: Answering,
  control: Hono,
  portal?: Hono,
): Hono<Bindings> {
  // paths are compared in lower case, and without the slash that some clients put at the end
  const app = new Hono<Bindings>({
    getPath: (request) => new URL(request.url).pathname.toLowerCase().replace(/(?<=.)\/$/, ""),
  });
  for (const { api = "fabric", routes } of families) {
    for (const route of routes) {
      const path = prefixes[api] + honoPath(route.template);
      app.on(route.method, path, (context) =>
        api === "entra" ? signIn(answering, context, route) : handle(answering, context, route),
      );
    }
  }
  app.route("/_emulator", control);
  if (portal) app.route("/", portal);
  app.all("*", (context) => handle(answering, context, undefined));
  return app;
}

/** A template in the router's notation. Names of parameters keep their case; the values of `{name...}` may have slashes. */
const honoPath = (template: string) =>
  template
    .split("/")
    .map((segment) =>
      segment.startsWith("{") ? `:${segment.slice(1, -1).replace(/\.{3}$/, "{.+}")}` : segment.toLowerCase(),
    )
    .join("/");

/** Answers a request for a token. Such a request needs no token, and is not recorded, because it contains a secret. */
async function signIn(answering: Answering, context: Context<Bindings>, route: Route): Promise<Response> {
  const sent = await replyTo(answering, context, route, answering.callerOf(), await bodyOf(context));
  return sentOver(context, sent);
}

/** The body of a request as it is recorded: of credentials only their type. */
function withoutCredentials(body: Call["body"]): Call["body"] {
  const { credentialDetails } = body;
  if (typeof credentialDetails !== "object" || credentialDetails === null) return body;
  const { credentials } = credentialDetails as { readonly credentials?: { readonly credentialType?: unknown } };
  return {
    ...body,
    credentialDetails: { ...credentialDetails, credentials: { credentialType: credentials?.credentialType } },
  };
}

/** Answers a request on behalf of its token's principal, and records the request. */
async function handle(answering: Answering, context: Context<Bindings>, route: Route | undefined): Promise<Response> {
  const { service, requests, faults, callerOf } = answering;
  const { method, path } = context.req;
  const token = /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  const { principalId: caller = callerOf(), isExpired } = readToken(token ?? "", service.clock.now());
  const body = await bodyOf(context);
  const isRefused = !token || isExpired;
  const query = new URL(context.req.url).search.slice(1);
  const begin = performance.now();
  const before = faults.version;
  const reply = isRefused ? unauthorized(token).toReply() : replyTo(answering, context, route, caller, body);
  // a rule hits before the reply's first wait, so no other request comes between
  const isHit = faults.version !== before;
  const sent = await reply;
  requests.push({
    method,
    path: path.replace(/^\/v1/, ""),
    route: route?.template ?? unknown,
    status: sent === "dropped" ? 0 : sent.status,
    caller,
    at: new Date(service.clock.now()).toISOString(),
    body: withoutCredentials(body),
    ms: Math.round(performance.now() - begin),
    ...(query && { query }),
    ...(sent !== "dropped" && refusedWith(sent)),
    ...(isHit && { isHit }),
  });
  return sentOver(context, sent);
}

/** Code and request id of a refusal. */
function refusedWith({ body }: Reply): Pick<RequestRecord, "errorCode" | "requestId"> {
  if (typeof body !== "object" || body === null) return {};
  const { errorCode, requestId } = body as Record<string, unknown>;
  if (typeof errorCode !== "string") return {};
  return { errorCode, ...(typeof requestId === "string" && { requestId }) };
}

/** The reply to a request, unless a fault drops the connection. */
async function replyTo(
  { service, faults, throttling }: Answering,
  context: Context<Bindings>,
  route: Route | undefined,
  caller: string,
  body: Call["body"],
): Promise<Reply | "dropped"> {
  const fault = faults.hit(context.req.method, route?.template ?? unknown, context.req.path);
  if (fault?.delayMs) await delay(fault.delayMs);
  if (fault?.status !== undefined) return faultReply(fault);
  if (fault?.drop === "before") return "dropped";
  const query = new URL(context.req.url).searchParams;
  const isFabrics = context.req.path.startsWith(`${prefixes.fabric}/`);
  const path = isFabrics ? context.req.path.slice(prefixes.fabric.length) : undefined;
  const refusal = refusalOf(() => throttling.count(service, caller, context.req.method, path));
  if (refusal) return refusal;
  const times =
    isFabrics && route ? service.timing.of(route.method, route.template, createdType(route, body)) : undefined;
  const call = { params: context.req.param(), query, body, caller, operationError: fault?.operationError, times };
  // the effect comes in the middle, as the times of recorded operations show
  if (times) await service.clock.sleep(times.answerMs / 2);
  const reply = respelled(answer(route, call, service), service.levers);
  if (times) await service.clock.sleep(times.answerMs / 2);
  if (fault?.holdMs) await delay(fault.holdMs);
  return fault?.drop === "after" ? "dropped" : reply;
}

/** The reply of a check that refuses; undefined if the check passes. */
function refusalOf(check: () => void): Reply | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error.toReply();
    throw error;
  }
}

/** Type of the item that a call creates; undefined if the call creates none. */
function createdType({ method, template }: Route, body: Call["body"]): string | undefined {
  const [, family, , collection = "", ...more] = template.split("/");
  if (method !== "POST" || family !== "workspaces" || more.length > 0) return undefined;
  if (collection === "items") return String(body["type"]);
  return itemTypes.find((type) => type.collection === collection)?.type;
}

function sentOver(context: Context<Bindings>, sent: Reply | "dropped"): Response {
  if (sent !== "dropped") return responseOf(sent);
  context.env.incoming.socket.destroy();
  return new Response(null);
}

const unauthorized = (token: string | undefined) =>
  token
    ? new ServiceError(401, "TokenExpired", "Access token has expired, resubmit with a new access token")
    : new ServiceError(401, "Unauthorized", "The caller is not authenticated");
