import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { systemClock } from "../lib/clock.ts";
import type { Clock } from "../lib/clock.ts";
import { routed } from "./app.ts";
import type { Answering, Bindings } from "./app.ts";
import { controlPlane } from "./controlPlane.ts";
import type { Controlled } from "./controlPlane.ts";
import { movable } from "./core/movableClock.ts";
import type { MovableClock } from "./core/movableClock.ts";
import { loadSnapshot } from "./core/snapshot.ts";
import { defaultSeed } from "./core/defaultSeed.ts";
import { checkFamilies, populate } from "./core/family.ts";
import type { Family } from "./core/family.ts";
import { Faults } from "./core/faults.ts";
import { findRunningEmulator, releaseStore, takeStore } from "./core/owner.ts";
import { defaultLevers } from "./core/service.ts";
import type { Levers, Service } from "./core/service.ts";
import { Store } from "./core/store.ts";
import { Throttling } from "./core/throttling.ts";
import { Timing } from "./core/timing.ts";
import { commit } from "./families/branches.ts";
import { families as allFamilies } from "./families/families.ts";
import type { FabricService, Seed } from "./families/families.ts";
import { defaultCaller } from "./families/identity.ts";

export { findRunningEmulator } from "./core/owner.ts";

/** Options for starting an emulator. */
export interface EmulatorOptions extends Partial<Levers> {
  /** @default a free port */
  readonly port?: number;
  /** Folder to store the objects in. @default memory only */
  readonly store?: string;
  /** Content of an empty store. @default defaultSeed */
  readonly seed?: Seed;
  /** Serve https. @default http */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly clock?: Clock;
  /** Object id of the caller if a token does not contain one. @default the seed's first service principal */
  readonly caller?: string;
  /** Called when a fault rule hits a request, before anything happens. */
  readonly onFault?: () => void;
  /** Whether a page at `/` shows and controls the emulator. @default false, so that nothing of it is loaded */
  readonly portal?: boolean;
  /** Further families. @default none */
  readonly families?: readonly Family[];
}

/** A running emulator. */
export interface Emulator extends Controlled {
  /** Base of the Fabric API: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** Base of Entra ID and Microsoft Graph. */
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * Starts an emulator; resolves once it listens.
 * @throws Error if a running emulator owns the store, or two families claim the same name or route
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, store: folder, seed: given, tls, portal: hasPortal = false, ...rest } = options;
  const { caller, onFault, families: more = [], clock: realClock = systemClock, ...levers } = rest;
  const clock = movable(realClock);
  const seed: Seed = given ?? defaultSeed;
  if (folder) {
    const running = await findRunningEmulator(folder);
    if (running) throw new Error(`An emulator runs on ${folder} already: ${running}. Use it, or stop it first.`);
  }
  const families = [...allFamilies, ...more];
  checkFamilies(families);
  const service = openService(families, new Store(folder), { ...defaultLevers, ...levers }, clock);
  const faults = new Faults();
  faults.onHit = onFault;
  const callerOf = () => caller ?? defaultCaller(service);
  const answering = { service, faults, throttling: new Throttling(), requests: [], callerOf };
  const begin = () => populate(families, service, seed, callerOf);
  if (service.store.isEmpty) begin();

  const controlled = controlledBy(service, answering, { ...defaultLevers, ...levers }, begin, clock);
  const covered = families
    .filter(({ api = "fabric" }) => api === "fabric")
    .flatMap(({ routes }) => routes.map(({ method, template }) => `${method} ${template}`));
  const portal = hasPortal ? (await import("./portal/portal.ts")).portalOf(answering, families) : undefined;
  const server = serverOf(routed(families, answering, controlPlane(controlled, covered), portal), tls);
  service.origin = await listen(server, port, tls ? "https://localhost" : "http://127.0.0.1");
  const url = `${service.origin}/v1`;
  if (folder) await takeStore(folder, url);

  return {
    ...controlled,
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

/** The service with the collections of all families. */
function openService(families: readonly Family[], store: Store, levers: Levers, clock: Clock): FabricService {
  const collections = families.flatMap(({ collections = {} }) => Object.values(collections));
  const timing = new Timing(levers);
  const service: Service = { store, levers, clock, timing, origin: "", collections };
  // FabricService is derived from the list of families, so the cast is safe
  return Object.assign(
    service,
    ...collections.map(({ name }) => ({ [name]: store.collection(name) })),
  ) as FabricService;
}

/** Actions of tests and of the control plane, without the API. */
function controlledBy(
  service: FabricService,
  { faults, requests, throttling }: Answering,
  levers: Levers,
  begin: () => void,
  clock: MovableClock,
): Controlled {
  return {
    service,
    faults: (rules) => faults.set(rules),
    faultRules: faults,
    advance: (ms) => clock.advance(ms),
    load: (snapshot) => loadSnapshot(service, snapshot),
    requests: () => requests,
    state: () => service.store.snapshot(),
    commit: (details, items) => void commit(service, details, items),
    reset() {
      service.store.clear();
      faults.set([]);
      requests.length = 0;
      throttling.reset();
      service.timing.reset();
      Object.assign(service.levers, levers);
      begin();
    },
  };
}

function serverOf(app: Hono<Bindings>, tls: EmulatorOptions["tls"]): Server {
  const listener = getRequestListener((request, env) => app.fetch(request, env));
  const serve = (request: IncomingMessage, response: ServerResponse) => void listener(request, response);
  return tls ? createHttpsServer(tls, serve) : createHttpServer(serve);
}

/** Waits until a server listens. @returns the server's origin */
async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return `${host}:${(server.address() as AddressInfo).port}`;
}
