import { Hono } from "hono";
import type { Context } from "hono";
import { z } from "zod";
import type { FaultRule, Faults } from "./core/faults.ts";
import type { RequestRecord } from "./core/requestRecord.ts";
import type { Levers } from "./core/service.ts";
import type { CommittedItem } from "./families/branches.ts";
import type { FabricService } from "./families/families.ts";
import { messageOf } from "../lib/api/messageOf.ts";

/** The parts of an emulator that the control plane uses. */
export interface Controlled {
  /** Objects and levers, for tests that act without the API. */
  readonly service: FabricService;
  /** Replaces the fault rules. */
  faults(rules: readonly FaultRule[]): void;
  /** The rules with their hits, and changes of single ones. */
  readonly faultRules: Pick<Faults, "list" | "add" | "remove">;
  /** Sets the clock forward. */
  advance(ms: number): void;
  /** Replaces all objects by those of a snapshot (`state`). @throws Error that names what does not fit */
  load(snapshot: unknown): void;
  requests(): readonly RequestRecord[];
  state(): Record<string, unknown>;
  /** Commits items to a branch, like another user. */
  commit(details: Record<string, string>, items: readonly Omit<CommittedItem, "logicalId">[]): void;
  /** Removes objects, faults and requests, and loads the seed again. */
  reset(): void;
}

const advanceMs = z.object({ advanceMs: z.number().min(0) });

const milliseconds = z.number().min(0);
/** Levers as they come from outside: another name or value is refused. */
const leversSchema = z
  .strictObject({
    pageSize: z.number().int().min(1),
    operationDelayMs: milliseconds,
    retryAfterSeconds: z.number().int().min(0),
    nameReservationMs: milliseconds,
    assignmentReads: z.number().int().min(0),
    throttle: z.strictObject({ limit: z.number().int().min(0), windowMs: milliseconds }).nullable(),
    timing: z.enum(["immediate", "recorded"]),
    sqlEndpointMs: milliseconds.nullable(),
    speed: z.number().positive(),
    timingSeed: z.number(),
    quota: z.enum(["none", "documented"]),
    omitEmptyDescriptions: z.boolean(),
    upperCaseIds: z.boolean(),
    ownRoleIds: z.boolean(),
    rewriteDefinitions: z.boolean(),
    onlyKnownRepositories: z.boolean(),
    itemRecovery: z.boolean(),
  } satisfies { readonly [lever in keyof Levers]: z.ZodType<Levers[lever]> })
  .partial();

/** Whether a page is the emulator's own. A host that is not this machine may be any site's that names this address. */
function isOwnPage(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const { host: own, hostname } = new URL(origin);
  return own === host && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}

/** Does something with the JSON of a request, and answers 400 with the reason if that does not work. */
async function attempted(context: Context, work: (body: unknown) => void): Promise<Response> {
  try {
    work(await context.req.json());
    return context.json({ ok: true });
  } catch (error) {
    return context.json({ error: messageOf(error) }, 400);
  }
}

/** Routes to inspect and control the emulator itself. */
export function controlPlane(emulator: Controlled, routes: readonly string[]): Hono {
  const app = new Hono();
  // a page of another site that somebody has open must not control this emulator
  app.use(async (context, next) => {
    const origin = context.req.header("origin");
    const isStrange = origin !== undefined && !isOwnPage(origin, context.req.header("host"));
    if (isStrange) return context.json({ error: "Only the emulator's own page may do that." }, 403);
    return next();
  });
  app.get("/faults", (context) => context.json(emulator.faultRules.list()));
  app.post("/faults/more", (context) => attempted(context, (rules) => emulator.faultRules.add(rules as FaultRule[])));
  app.delete("/faults/:index", (context) => {
    emulator.faultRules.remove(Number(context.req.param("index")));
    return context.json({ ok: true });
  });
  app.get("/levers", (context) => context.json(emulator.service.levers));
  app.get("/clock", (context) => context.json({ now: emulator.service.clock.now() }));
  app.post("/clock", (context) => attempted(context, (body) => emulator.advance(advanceMs.parse(body).advanceMs)));
  app.post("/state", (context) => attempted(context, (snapshot) => emulator.load(snapshot)));
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
      return context.json({ error: messageOf(error) }, 400);
    }
  });
  app.post("/levers", (context) =>
    attempted(context, (body) => void Object.assign(emulator.service.levers, leversSchema.parse(body))),
  );
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
