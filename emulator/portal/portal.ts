import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import { pageStyle } from "../../lib/page/palette.ts";
import type { Answering } from "../app.ts";
import type { Family } from "../core/family.ts";
import { changesBetween, drawnCollections, filesOf } from "./model.ts";
import { Versions } from "./versions.ts";

const PAGE = join(import.meta.dirname, "page");
const SCRIPTS = readdirSync(PAGE).filter((name) => name.endsWith(".mjs"));
const asset = (name: string) => readFileSync(join(PAGE, name), "utf8");

/** Everything comes from the emulator itself. */
const POLICY =
  "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The emulator's page at `/`, and what it asks for below `/_emulator/portal/`. It has no build: Node serves the files as they
 * lie here. It changes things only by the control plane.
 */
export function portalOf({ service, faults, requests }: Answering, families: readonly Family[]): Hono {
  const versions = new Versions(service.store, () => service.clock.now());
  const app = new Hono();
  const routes = families
    .filter(({ api = "fabric" }) => api === "fabric")
    .flatMap(({ routes }) => routes.map(({ method, template }) => ({ method, template })));
  const version = () =>
    [versions.count, faults.version, requests.length, JSON.stringify(service.levers), running()].join(".");
  /** Operations end by time, without a change of the store. */
  const running = () => Math.floor(service.clock.now() / 2_000);

  app.get("/", (context) => {
    context.header("Content-Security-Policy", POLICY);
    return context.html(asset("index.html"));
  });
  app.get("/_emulator/portal/portal.css", (context) => {
    context.header("Content-Type", "text/css; charset=utf-8");
    return context.body(`${pageStyle()}${asset("portal.css")}`);
  });
  app.get("/_emulator/portal/:script{[a-z]+\\.mjs}", (context) => {
    context.header("Content-Type", "text/javascript; charset=utf-8");
    // the emulator reads paths in lower case
    const script = SCRIPTS.find((name) => name.toLowerCase() === context.req.param("script").toLowerCase());
    return script === undefined ? context.notFound() : context.body(asset(script));
  });
  app.get("/_emulator/portal/model", (context) => {
    const now = version();
    if (context.req.query("known") === now) return context.json({ version: now });
    return context.json({
      version: now,
      origin: service.origin,
      now: service.clock.now(),
      collections: drawnCollections(families, service),
      faults: faults.list(),
      levers: service.levers,
      routes,
    });
  });
  app.get("/_emulator/portal/requests", (context) => {
    const since = Number(context.req.query("since") ?? 0);
    // a reset begins a new list
    const from = since > requests.length ? 0 : since;
    return context.json({ from, requests: requests.slice(from) });
  });
  app.get("/_emulator/portal/object", (context) => {
    const name = context.req.query("in") ?? "";
    const id = context.req.query("id") ?? "";
    const isKnown = service.collections.some((collection) => collection.name === name);
    const object = isKnown ? service.store.collection(name).get(id) : undefined;
    if (!object) return context.json({ error: "It is not there any more." }, 404);
    return context.json({ files: filesOf(object), changes: changesBetween(versions.of(name, id)) });
  });
  return app;
}
