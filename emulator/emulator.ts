import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Context } from "hono";
import { systemClock } from "../lib/clock.ts";
import type { Clock } from "../lib/clock.ts";
import { commit } from "./families/branches.ts";
import { connectionRoutes } from "./families/connections.ts";
import { controlPlane } from "./controlPlane.ts";
import type { Controlled } from "./controlPlane.ts";
import type { RequestRecord } from "./core/requestRecord.ts";
import { defaultSeed } from "./core/defaultSeed.ts";
import { Faults } from "./core/faults.ts";
import { folderRoutes } from "./families/folders.ts";
import { gitRoutes } from "./families/git.ts";
import { defaultCaller, entraRoutes, graphRoutes, readToken } from "./families/identity.ts";
import { itemRoutes } from "./families/items.ts";
import { operationRoutes } from "./families/operations.ts";
import { findRunningEmulator, releaseStore, takeStore } from "./core/owner.ts";
import { answer, faultReply, refusalOf, responseOf } from "./core/replies.ts";
import { recoverableItemRoutes } from "./families/recoverableItems.ts";
import { bodyOf } from "./core/requestBody.ts";
import { roleAssignmentRoutes } from "./families/roleAssignments.ts";
import { plant } from "./core/seed.ts";
import type { Seed } from "./core/seed.ts";
import { defaultLevers, ServiceError } from "./core/service.ts";
import type { Call, Levers, Route, Service } from "./core/service.ts";
import { respelled } from "./core/spelling.ts";
import { Store } from "./core/store.ts";
import { Throttling } from "./core/throttling.ts";
import { workspaceRoutes } from "./families/workspaces.ts";

export { findRunningEmulator } from "./core/owner.ts";

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
  /** Called when a fault rule hits a request, before anything happens. */
  readonly onFault?: () => void;
}

/** A running emulator. */
export interface Emulator extends Controlled {
  /** Base of the Fabric API: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** Base of Entra ID and Microsoft Graph. */
  readonly origin: string;
  close(): Promise<void>;
}

const routes: readonly Route[] = [
  ...workspaceRoutes,
  ...roleAssignmentRoutes,
  ...folderRoutes,
  ...itemRoutes,
  ...recoverableItemRoutes,
  ...operationRoutes,
  ...connectionRoutes,
  ...gitRoutes,
];

/** Route of requests that no family answers. */
const unknown = "unknown";

type Bindings = { Bindings: { incoming: IncomingMessage } };

/** Starts an emulator; resolves once it listens. @throws Error where the store belongs to a running one */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, store: folder, seed = defaultSeed, tls, clock = systemClock, caller, onFault, ...levers } = options;
  if (folder) {
    const running = await findRunningEmulator(folder);
    if (running) throw new Error(`An emulator runs on ${folder} already: ${running}. Use it, or stop it first.`);
  }
  const service = makeService(new Store(folder), { ...defaultLevers, ...levers }, clock);
  const callerOf = () => caller ?? defaultCaller(service);
  if (service.store.isEmpty) plant(service, seed, callerOf);

  const faults = new Faults();
  faults.onHit = onFault;
  const requests: RequestRecord[] = [];
  const throttling = new Throttling();
  const app = new Hono<Bindings>({ getPath: (request) => new URL(request.url).pathname.toLowerCase() });

  /** The reply to a request, and whether it is sent at all. */
  const reply = async (context: Context<Bindings>, route: Route | undefined, caller: string, body: Call["body"]) => {
    const fault = faults.hit(context.req.method, route?.template ?? unknown, context.req.path);
    if (fault?.delayMs) await delay(fault.delayMs);
    if (fault?.status !== undefined) return faultReply(fault);
    if (fault?.drop === "before") return "dropped";
    const query = new URL(context.req.url).searchParams;
    const call = { params: context.req.param(), query, body, caller, operationError: fault?.operationError };
    const answered = respelled(
      answer(route, call, service, () => throttling.count(service, caller)),
      service.levers,
    );
    if (fault?.holdMs) await delay(fault.holdMs);
    return fault?.drop === "after" ? "dropped" : answered;
  };

  const handle = async (context: Context<Bindings>, route: Route | undefined, isApi: boolean): Promise<Response> => {
    const { method, path } = context.req;
    const token = /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    const { principalId = callerOf(), isExpired } = readToken(token ?? "", clock.now());
    const body = await bodyOf(context);
    const isRefused = isApi && (!token || isExpired);
    const sent = isRefused ? refusalOf(unauthorized(token)) : await reply(context, route, principalId, body);
    if (isApi) {
      const status = sent === "dropped" ? 0 : sent.status;
      const at = new Date(clock.now()).toISOString();
      requests.push({
        method,
        path: path.replace(/^\/v1/, ""),
        route: route?.template ?? unknown,
        status,
        caller: principalId,
        at,
        body,
      });
    }
    if (sent !== "dropped") return responseOf(sent);
    context.env.incoming.socket.destroy();
    return new Response(null);
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
      throttling.reset();
      Object.assign(service.levers, defaultLevers, levers);
      plant(service, seed, callerOf);
    },
  };
  const covered = routes.map(({ method, template }) => `${method} ${template}`);
  app.route("/_emulator", controlPlane(emulator, requests, covered));
  app.all("*", (context) => handle(context, undefined, true));

  const listener = getRequestListener((request, env) => app.fetch(request, env));
  const serve = (request: IncomingMessage, response: ServerResponse) => void listener(request, response);
  const server: Server = tls ? createHttpsServer(tls, serve) : createHttpServer(serve);
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
    recoverableItems: store.collection("recoverableItems"),
    reservations: store.collection("reservations"),
    connections: store.collection("connections"),
    operations: store.collection("operations"),
    branches: store.collection("branches"),
    gitConnections: store.collection("gitConnections"),
  };
}

/** A template for the router: paths are compared in lower case, names of parameters keep theirs. */
const honoPath = (template: string) =>
  template
    .split("/")
    .map((segment) => (segment.startsWith("{") ? `:${segment.slice(1, -1)}` : segment.toLowerCase()))
    .join("/");

const unauthorized = (token: string | undefined) =>
  token
    ? new ServiceError(401, "TokenExpired", "Access token has expired, resubmit with a new access token")
    : new ServiceError(401, "Unauthorized", "The caller is not authenticated");
