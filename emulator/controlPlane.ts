import { Hono } from "hono";
import type { FaultRule } from "./core/faults.ts";
import type { RequestRecord } from "./core/requestRecord.ts";
import type { CommittedItem } from "./families/branches.ts";
import type { FabricService } from "./families/families.ts";

/** The parts of an emulator that the control plane uses. */
export interface Controlled {
  /** Objects and levers, for tests that act without the API. */
  readonly service: FabricService;
  /** Replaces the fault rules. */
  faults(rules: readonly FaultRule[]): void;
  requests(): readonly RequestRecord[];
  state(): Record<string, unknown>;
  /** Commits items to a branch, like another user. */
  commit(details: Record<string, string>, items: readonly Omit<CommittedItem, "logicalId">[]): void;
  /** Removes objects, faults and requests, and loads the seed again. */
  reset(): void;
}

/** Routes to inspect and control the emulator itself. */
export function controlPlane(emulator: Controlled, routes: readonly string[]): Hono {
  const app = new Hono();
  app.get("/state", (context) => context.json(emulator.state()));
  app.get("/requests", (context) => context.json(emulator.requests()));
  app.get("/coverage", (context) => {
    const counts = new Map<string, number>();
    for (const { method, route, path } of emulator.requests()) {
      const key = route === "unknown" ? `not covered: ${method} ${path}` : `${method} ${route}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return context.json({ routes, requests: Object.fromEntries(counts) });
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
