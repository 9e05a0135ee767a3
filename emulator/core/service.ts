import { randomUUID } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import type { CollectionDeclaration, Store } from "./store.ts";
import type { Times, Timing } from "./timing.ts";

/** Behaviour that tests and users may change while the emulator runs. */
export interface Levers {
  /** Elements of a page. @default all */
  pageSize: number;
  /** How long an operation runs, in ms. @default 20 */
  operationDelayMs: number;
  /** Retry-After of operations, in seconds. The service says 20 and more. @default 0 */
  retryAfterSeconds: number;
  /** How long the name of a deleted item stays taken, in ms. @default 0 */
  nameReservationMs: number;
  /** Reads of a workspace that answer InProgress after its capacity changed. @default 0 */
  assignmentReads: number;
  /** Calls per identity and window; refused above that. @default no limit */
  throttle: { limit: number; windowMs: number } | null;
  /**
   * How long answers, operations and SQL endpoints take: no longer than the levers above say, or as they were recorded, with
   * Retry-After 20 (120 of a publish). @default immediate
   */
  timing: "immediate" | "recorded";
  /** How many times faster than the service: divides recorded times, and the windows of the documented quota. @default 1 */
  speed: number;
  /** What the recorded times are drawn by: the same seed, the same times. @default 1 */
  timingSeed: number;
  /** Whether the documented quotas hold, by identity and minute: platform 500, jobs 200, operations 200. @default none */
  quota: "none" | "documented";
  /** Whether answers leave out empty descriptions, as they did until April 2026. @default false */
  omitEmptyDescriptions: boolean;
  /** Whether answers spell ids in upper case. @default false */
  upperCaseIds: boolean;
  /** Role assignments have ids of their own instead of their principals'. @default false */
  ownRoleIds: boolean;
  /** Whether definitions come back in another order and spelling, with a `.platform` of the service's own. @default false */
  rewriteDefinitions: boolean;
  /** Whether only repositories of the seed can be connected to; otherwise any is taken for empty. @default false */
  onlyKnownRepositories: boolean;
  /** Whether the tenant keeps deleted items in the recycle bin of their workspace. @default false */
  itemRecovery: boolean;
}

export const defaultLevers: Readonly<Levers> = {
  pageSize: Number.MAX_SAFE_INTEGER,
  operationDelayMs: 20,
  retryAfterSeconds: 0,
  nameReservationMs: 0,
  assignmentReads: 0,
  throttle: null,
  timing: "immediate",
  speed: 1,
  timingSeed: 1,
  quota: "none",
  omitEmptyDescriptions: false,
  upperCaseIds: false,
  ownRoleIds: false,
  rewriteDefinitions: false,
  onlyKnownRepositories: false,
  itemRecovery: false,
};

/** What every family can use, whichever families there are. */
export interface Service {
  readonly store: Store;
  readonly levers: Levers;
  readonly clock: Clock;
  readonly timing: Timing;
  /** `http://127.0.0.1:PORT`, of this server. */
  origin: string;
  /** The collections of all families. */
  readonly collections: readonly CollectionDeclaration[];
}

/** One request, as a handler sees it. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** Object id of the caller. */
  readonly caller: string;
  /** A fault rule lets the operation that this call starts fail. */
  readonly operationError: { readonly errorCode: string; readonly message: string } | undefined;
  /** How long it takes, where the lever asks for recorded times. */
  readonly times?: Times | undefined;
}

/** An answer. A body of undefined is sent as no bytes at all. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route as the service documents it: `/workspaces/{workspaceId}/assignToCapacity`. `route` in `guard.ts` makes it. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly template: string;
  /** @throws ServiceError where the service refuses the call */
  handler(call: Call, service: Service): Reply;
}

/** A refusal, in the service's envelope. */
export class ServiceError extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly more: Record<string, unknown>;
  constructor(status: number, errorCode: string, message: string, more: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.more = more;
  }

  /** The answer that refuses. Other APIs have other envelopes. */
  toReply(): Reply {
    const { status, errorCode, message, more } = this;
    return {
      status,
      body: { requestId: randomUUID(), errorCode, message, isRetriable: status === 429, ...more },
      headers: { "x-ms-public-api-error-code": errorCode },
    };
  }
}

export const ok = (body?: unknown, headers: Record<string, string> = {}): Reply => ({ status: 200, body, headers });

/** A new object; most families say where it is. */
export const created = (body: unknown, headers: Record<string, string> = {}): Reply => ({ status: 201, body, headers });

export const notFound = (what: string) =>
  new ServiceError(404, "EntityNotFound", `The requested resource could not be found: ${what}`);

/** One page of a list. */
export function page(call: Call, service: Service, all: readonly unknown[], path: string): Reply {
  const token = call.query.get("continuationToken");
  const from = token ? Number(Buffer.from(decodeURIComponent(token), "base64url").toString()) : 0;
  if (!Number.isInteger(from) || (token !== null && from === 0))
    throw new ServiceError(400, "InvalidContinuationToken", "The continuation token is invalid.");
  const until = from + service.levers.pageSize;
  if (until >= all.length) return ok({ value: all.slice(from) });
  const continuationToken = encodeURIComponent(Buffer.from(String(until)).toString("base64url"));
  const continuationUri = `${service.origin}/v1${path}?continuationToken=${continuationToken}`;
  return ok({ value: all.slice(from, until), continuationToken, continuationUri });
}

/** A property of the body that must be text. */
export function requiredText(body: Readonly<Record<string, unknown>>, property: string, max: number): string {
  const value = body[property];
  if (typeof value !== "string" || value.trim() === "") throw badRequest(`The ${property} field is required.`);
  if (value.length > max) throw badRequest(`The field ${property} must be a string with a maximum length of ${max}.`);
  return value;
}

export const badRequest = (message: string) =>
  new ServiceError(400, "BadRequest", "The request body is invalid", {
    moreDetails: [{ errorCode: "RequestBodyValidationFailed", message }],
  });

export const sameName = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
