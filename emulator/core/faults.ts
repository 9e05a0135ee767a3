import { z } from "zod";

/** A fault, as data: the requests that it hits, and its effect on them. */
const faultRuleSchema = z.strictObject({
  /** @default any */
  method: z.enum(["GET", "POST", "PATCH", "PUT", "DELETE"]).optional(),
  /** Template of the route (`/workspaces/{workspaceId}/items`), or a part of the path itself. @default any */
  route: z.string().optional(),
  /** The first matching request to hit, counted from 1. @default 1 */
  nth: z.number().int().min(1).default(1),
  /** Number of requests to hit, from the first on. @default 1 */
  times: z.union([z.number().int().min(1), z.literal("forever")]).default(1),
  /** Whether requests are counted per path. @default false */
  each: z.boolean().default(false),
  /** Whether the rule, after its first hit, hits only requests with the same method and path: the retries. @default false */
  sticky: z.boolean().default(false),
  /** Status of the answer. The request has no effect. */
  status: z.number().int().optional(),
  errorCode: z.string().default("UnknownError"),
  message: z.string().default("A fault was injected"),
  isRetriable: z.boolean().optional(),
  /** Retry-After, as text. */
  retryAfter: z.string().optional(),
  /** Delay before the request is handled, in ms. */
  delayMs: z.number().min(0).default(0),
  /** Delay between the effect and the answer, in ms. */
  holdMs: z.number().min(0).default(0),
  /** Closes the connection without an answer, before or after the effect. */
  drop: z.enum(["before", "after"]).optional(),
  /** Makes the operation that the request starts fail, without effect or, with `hasEffect`, after it. */
  operationError: z
    .object({ errorCode: z.string(), message: z.string(), hasEffect: z.boolean().optional() })
    .optional(),
});

/** A rule as users write it. */
export type FaultRule = z.input<typeof faultRuleSchema>;
/** A rule with its defaults. */
export type Fault = z.output<typeof faultRuleSchema>;

const active = (rule: unknown) => ({ fault: faultRuleSchema.parse(rule), matched: new Map<string, number>(), hits: 0 });

/** The active rules, with the number of matches of each. */
export class Faults {
  /** Called when a rule hits a request. */
  onHit: ((fault: Fault) => void) | undefined;
  /** Counts up with each change of the rules and each hit. */
  version = 0;
  #rules: { readonly fault: Fault; readonly matched: Map<string, number>; stuckTo?: string; hits: number }[] = [];

  /** Replaces all rules. @throws ZodError */
  set(rules: readonly unknown[]): void {
    this.#rules = rules.map(active);
    this.version++;
  }

  /** Adds rules behind those that are there. @throws ZodError */
  add(rules: readonly unknown[]): void {
    this.#rules = [...this.#rules, ...rules.map(active)];
    this.version++;
  }

  /** Removes a rule. @param index its place in {@link list} */
  remove(index: number): void {
    this.#rules = this.#rules.filter((_, at) => at !== index);
    this.version++;
  }

  /** The rules, each with the number of requests that it has hit. */
  list(): { readonly rule: Fault; readonly hits: number }[] {
    return this.#rules.map(({ fault, hits }) => ({ rule: fault, hits }));
  }

  /** The fault that hits a request; undefined if none does. Counts the request for every rule that it matches. */
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
      if (found) continue;
      found = fault;
      rule.hits++;
      this.version++;
    }
    if (found) this.onHit?.(found);
    return found;
  }
}
