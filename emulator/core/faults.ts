import { z } from "zod";

/** A fault, as data: which requests it hits, and what happens to them. */
export const faultRuleSchema = z.strictObject({
  /** @default any */
  method: z.enum(["GET", "POST", "PATCH", "PUT", "DELETE"]).optional(),
  /** Template of the route (`/workspaces/{workspaceId}/items`), or a part of the path itself. @default any */
  route: z.string().optional(),
  /** The first of the matching requests that is hit, from 1. @default 1 */
  nth: z.number().int().min(1).default(1),
  /** How many from there on. @default 1 */
  times: z.union([z.number().int().min(1), z.literal("forever")]).default(1),
  /** Counts the requests of each path on their own. @default false */
  each: z.boolean().default(false),
  /** After the first that is hit, only requests like it, by method and path: its retries. @default false */
  sticky: z.boolean().default(false),
  /** Status to answer with; the request has no effect. */
  status: z.number().int().optional(),
  errorCode: z.string().default("UnknownError"),
  message: z.string().default("A fault was injected"),
  isRetriable: z.boolean().optional(),
  /** Retry-After, as text. */
  retryAfter: z.string().optional(),
  /** Milliseconds before anything happens. */
  delayMs: z.number().min(0).default(0),
  /** Milliseconds after the effect, before the answer. */
  holdMs: z.number().min(0).default(0),
  /** Closes the connection without an answer: before the effect, or after it. */
  drop: z.enum(["before", "after"]).optional(),
  /** Lets the operation that the request starts fail, without effect. */
  operationError: z.object({ errorCode: z.string(), message: z.string() }).optional(),
});

/** A rule as one writes it. */
export type FaultRule = z.input<typeof faultRuleSchema>;
/** A rule with its defaults. */
export type Fault = z.output<typeof faultRuleSchema>;

/** The rules in force, and how often each has matched. */
export class Faults {
  /** Called when a rule hits a request. */
  onHit: ((fault: Fault) => void) | undefined;
  #rules: { readonly fault: Fault; readonly matched: Map<string, number>; stuckTo?: string }[] = [];

  /** Replaces all rules. @throws ZodError */
  set(rules: readonly unknown[]): void {
    this.#rules = rules.map((rule) => ({ fault: faultRuleSchema.parse(rule), matched: new Map() }));
  }

  /** The fault that hits a request, if one does; counts the request for every rule it matches. */
  hit(method: string, template: string, path: string): Fault | undefined {
    let found: Fault | undefined;
    for (const rule of this.#rules) {
      const { fault } = rule;
      if (fault.method !== undefined && fault.method !== method) continue;
      if (fault.route !== undefined && fault.route !== template && !path.includes(fault.route.toLowerCase())) continue;
      if (rule.stuckTo !== undefined && rule.stuckTo !== `${method} ${path}`) continue;
      const counted = fault.each ? path : "";
      const matched = (rule.matched.get(counted) ?? 0) + 1;
      rule.matched.set(counted, matched);
      const last = fault.times === "forever" ? Number.POSITIVE_INFINITY : fault.nth + fault.times - 1;
      if (matched < fault.nth || matched > last) continue;
      if (fault.sticky) rule.stuckTo = `${method} ${path}`;
      found ??= fault;
    }
    if (found) this.onHit?.(found);
    return found;
  }
}
