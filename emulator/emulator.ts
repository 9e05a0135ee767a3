import { randomUUID } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Context } from "hono";
import { systemClock } from "../lib/clock.ts";
import type { Clock } from "../lib/clock.ts";
import { connectionRoutes } from "./connections.ts";
import { defaultSeed } from "./defaultSeed.ts";
import { Faults } from "./faults.ts";
import type { Fault, FaultRule } from "./faults.ts";
import { folderRoutes } from "./folders.ts";
import { commit, gitRoutes } from "./git.ts";
import { defaultCaller, entraRoutes, GraphError, graphRoutes, readToken } from "./identity.ts";
import { itemRoutes } from "./items.ts";
import type { CommittedItem } from "./model.ts";
import { operationRoutes } from "./operations.ts";
import { findRunningEmulator, releaseStore, takeStore } from "./owner.ts";
import { roleAssignmentRoutes } from "./roleAssignments.ts";
import { plant } from "./seed.ts";
import type { Seed } from "./seed.ts";
import { defaultLevers, ServiceError } from "./service.ts";
import type { Levers, Reply, Route, Service } from "./service.ts";
import { Store } from "./store.ts";
import { workspaceRoutes } from "./workspaces.ts";

export { findRunningEmulator } from "./owner.ts";

/** How an emulator is started. */
export interface EmulatorOptions extends Partial<Levers> {
  /** @default a free one */
  readonly port?: number;
  /** Folder to keep the objects in. @default memory only */
  readonly store?: string;
  /** What an empty store begins with. @default defaultSeed */
  readonly seed?: Seed;
  /** Serve https. @default http */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly clock?: Clock;
  /** Object id of who calls with a token that does not say. @default the seed's first service principal */
  readonly caller?: string;
}

/** A request that was made. Its Authorization header is not kept. */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  /** Template of the route; `unknown` where the emulator has none. */
  readonly route: string;
  readonly status: number;
  readonly caller: string;
  readonly at: string;
  readonly body: unknown;
}

/** A running emulator. */
export interface Emulator {
  /** Base of the Fabric API: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** Base of Entra ID and Microsoft Graph. */
  readonly origin: string;
  /** Its objects and levers, for tests that act behind everybody's back. */
  readonly service: Service;
  /** Replaces the fault rules. */
  faults(rules: readonly FaultRule[]): void;
  requests(): readonly RequestRecord[];
  state(): Record<string, unknown>;
  /** Commits items to a branch, as somebody would. */
  commit(details: Record<string, string>, items: readonly Omit<CommittedItem, "logicalId">[]): void;
  /** Forgets objects, faults and requests, and begins with the seed again. */
  reset(): void;
  close(): Promise<void>;
}

const routes: readonly Route[] = [
  ...workspaceRoutes,
  ...roleAssignmentRoutes,
  ...folderRoutes,
  ...itemRoutes,
  ...operationRoutes,
  ...connectionRoutes,
  ...gitRoutes,
];

type Bindings = { Bindings: { incoming: IncomingMessage } };

/** Starts an emulator; resolves once it listens. @throws Error where the store belongs to a running one */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, store: folder, seed = defaultSeed, tls, clock = systemClock, caller, ...levers } = options;
  if (folder) {
    const running = await findRunningEmulator(folder);
    if (running) throw new Error(`An emulator runs on ${folder} already: ${running}. Use it, or stop it first.`);
  }
  const service = makeService(new Store(folder), { ...defaultLevers, ...levers }, clock);
  const callerOf = () => caller ?? defaultCaller(service);
  if (service.store.isEmpty) plant(service, seed, callerOf);

  const faults = new Faults();
  const requests: RequestRecord[] = [];
  const windows = new Map<string, { until: number; calls: number }>();
  const app = new Hono<Bindings>({ getPath: (request) => new URL(request.url).pathname.toLowerCase() });

  /** Fixed windows per identity, as the service counts. */
  const isThrottled = (identity: string): Reply | undefined => {
    const { throttle } = service.levers;
    if (!throttle) return undefined;
    const now = clock.now();
    let window = windows.get(identity);
    if (!window || window.until <= now) windows.set(identity, (window = { until: now + throttle.windowMs, calls: 0 }));
    if (++window.calls <= throttle.limit) return undefined;
    const until = new Date(window.until).toUTCString();
    const refusal = new ServiceError(
      429,
      "RequestBlocked",
      `Request is blocked by the upstream service until: ${until}`,
      { isRetriable: true },
    );
    return {
      ...refusalOf(refusal),
      headers: { ...refusalOf(refusal).headers, "Retry-After": String(Math.ceil((window.until - now) / 1000)) },
    };
  };

  const handle = async (context: Context<Bindings>, route: Route | undefined, isApi: boolean): Promise<Response> => {
    const { method, path } = context.req;
    const bearer = /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    const token = readToken(bearer ?? "", clock.now());
    const identity = token.principalId ?? callerOf();
    const template = route?.template ?? "unknown";
    const body = await bodyOf(context);
    let reply: Reply | undefined;
    let fault: Fault | undefined;
    if (isApi && (!bearer || token.isExpired)) {
      reply = refusalOf(
        new ServiceError(
          401,
          bearer ? "TokenExpired" : "Unauthorized",
          bearer ? "Access token has expired, resubmit with a new access token" : "The caller is not authenticated",
        ),
      );
    } else {
      fault = faults.hit(method, template, path);
      if (fault?.delayMs) await delay(fault.delayMs);
      if (fault?.status !== undefined) reply = faultReply(fault);
      if (isApi) reply ??= isThrottled(identity);
      if (fault?.drop !== "before")
        reply ??= answer(
          route,
          {
            params: context.req.param() as Record<string, string>,
            query: new URL(context.req.url).searchParams,
            body,
            caller: identity,
            operationError: fault?.operationError,
          },
          service,
        );
    }
    const isDropped = fault?.drop !== undefined;
    if (isApi)
      requests.push({
        method,
        path: path.replace(/^\/v1/, ""),
        route: template,
        status: isDropped ? 0 : (reply?.status ?? 0),
        caller: identity,
        at: new Date(clock.now()).toISOString(),
        body,
      });
    if (isDropped) context.env.incoming.socket.destroy();
    return isDropped || !reply ? new Response(null) : responseOf(reply);
  };

  const register = (prefix: string, table: readonly Route[], isApi: boolean) => {
    for (const route of table) {
      app.on(route.method, prefix + honoPath(route.template), (context) => handle(context, route, isApi));
    }
  };
  register("/v1", routes, true);
  register("", graphRoutes, true);
  register("", entraRoutes, false);
  const emulator: Omit<Emulator, "url" | "origin" | "close"> = {
    service,
    faults: (rules) => faults.set(rules),
    requests: () => requests,
    state: () => service.store.snapshot(),
    commit: (details, items) => void commit(service, details, items),
    reset() {
      service.store.clear();
      faults.set([]);
      requests.length = 0;
      windows.clear();
      Object.assign(service.levers, defaultLevers, levers);
      plant(service, seed, callerOf);
    },
  };
  app.route("/_emulator", controlPlane(emulator, requests));
  app.all("*", (context) => handle(context, undefined, true));

  const listener = getRequestListener((request, env) => app.fetch(request, env));
  const server: Server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  service.origin = `${tls ? "https://localhost" : "http://127.0.0.1"}:${(server.address() as AddressInfo).port}`;
  const url = `${service.origin}/v1`;
  if (folder) await takeStore(folder, url);

  return {
    ...emulator,
    url,
    origin: service.origin,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (folder) releaseStore(folder);
    },
  };
}

function makeService(store: Store, levers: Levers, clock: Clock): Service {
  return {
    store,
    levers,
    clock,
    origin: "",
    capacities: store.collection("capacities"),
    principals: store.collection("principals"),
    workspaces: store.collection("workspaces"),
    roles: store.collection("roles"),
    folders: store.collection("folders"),
    items: store.collection("items"),
    reservations: store.collection("reservations"),
    connections: store.collection("connections"),
    operations: store.collection("operations"),
    branches: store.collection("branches"),
    gitConnections: store.collection("gitConnections"),
  };
}

/** What the emulator itself can be asked and told. */
function controlPlane(emulator: Omit<Emulator, "url" | "origin" | "close">, requests: readonly RequestRecord[]): Hono {
  const app = new Hono();
  app.get("/state", (context) => context.json(emulator.state()));
  app.get("/requests", (context) => context.json(requests));
  app.get("/coverage", (context) => {
    const counts = new Map<string, number>();
    for (const { method, route, path } of requests) {
      const key = route === "unknown" ? `not covered: ${method} ${path}` : `${method} ${route}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const covered = routes.map(({ method, template }) => `${method} ${template}`);
    return context.json({ routes: covered, requests: Object.fromEntries(counts) });
  });
  app.post("/faults", async (context) => {
    try {
      emulator.faults(await context.req.json());
      return context.json({ ok: true });
    } catch (error) {
      return context.json({ error: error instanceof Error ? error.message : String(error) }, 400);
    }
  });
  app.post("/levers", async (context) => {
    Object.assign(emulator.service.levers, await context.req.json());
    return context.json(emulator.service.levers);
  });
  app.post("/commits", async (context) => {
    const { details, items } = await context.req.json<{
      details: Record<string, string>;
      items: Omit<CommittedItem, "logicalId">[];
    }>();
    emulator.commit(details, items);
    return context.json({ ok: true });
  });
  app.post("/reset", (context) => {
    emulator.reset();
    return context.json({ ok: true });
  });
  return app;
}

/** A template for the router: paths are compared in lower case, names of parameters keep theirs. */
const honoPath = (template: string) =>
  template
    .split("/")
    .map((segment) => (segment.startsWith("{") ? `:${segment.slice(1, -1)}` : segment.toLowerCase()))
    .join("/");

function answer(route: Route | undefined, call: Parameters<Route["handler"]>[0], service: Service): Reply {
  try {
    if (!route) throw new ServiceError(404, "EntityNotFound", "The requested resource could not be found");
    return route.handler(call, service);
  } catch (error) {
    if (error instanceof ServiceError) return refusalOf(error);
    process.stderr.write(`emulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return refusalOf(new ServiceError(500, "InternalServerError", "The emulator failed; this is a bug of it"));
  }
}

function refusalOf(error: ServiceError): Reply {
  const { status, errorCode, message, more } = error;
  if (error instanceof GraphError) return { status, body: { error: { code: errorCode, message } } };
  return {
    status,
    body: { requestId: randomUUID(), errorCode, message, isRetriable: status === 429, ...more },
    headers: { "x-ms-public-api-error-code": errorCode },
  };
}

function faultReply({ status = 500, errorCode, message, isRetriable, retryAfter }: Fault): Reply {
  const reply = refusalOf(
    new ServiceError(status, errorCode, message, isRetriable === undefined ? {} : { isRetriable }),
  );
  return { ...reply, headers: { ...reply.headers, ...(retryAfter !== undefined && { "Retry-After": retryAfter }) } };
}

function responseOf({ status, body, headers = {} }: Reply): Response {
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

/** JSON, a form, or JSON inside a JSON string, which some clients send; anything else counts as none. */
async function bodyOf(context: Context<Bindings>): Promise<Record<string, unknown>> {
  const text = await context.req.text();
  if (context.req.header("content-type")?.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    const parsed: unknown = JSON.parse(text || "{}");
    const value: unknown = typeof parsed === "string" ? JSON.parse(parsed) : parsed;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
