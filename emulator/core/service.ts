import { randomUUID } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import type { CollectionDeclaration, Store } from "./store.ts";
import type { Times, Timing } from "./timing.ts";

/** Behaviour that tests and users may change at run time. */
export interface Levers {
  /** Number of elements in a page. @default all */
  pageSize: number;
  /** Duration of an operation, in ms. @default 20 */
  operationDelayMs: number;
  /**
   * Retry-After of operations, in seconds, sent as a whole number. The real service sends 20 and more. Azure's client for Go takes 0
   * for nothing, and then waits 30 s. @default 1, the shortest wait that every client understands
   */
  retryAfterSeconds: number;
  /** How long the name of a deleted item stays taken, in ms. @default 0 */
  nameReservationMs: number;
  /** Number of reads of a workspace that answer InProgress after a change of its capacity. @default 0 */
  assignmentReads: number;
  /** Calls per identity and window; further calls are refused. @default no limit */
  throttle: { limit: number; windowMs: number } | null;
  /**
   * Duration of answers, operations and SQL endpoints. `immediate`: only the delays of the levers above. `recorded`: recorded
   * times, with Retry-After 20 (120 for a publish). @default immediate
   */
  timing: "immediate" | "recorded";
  /** Duration until the SQL endpoint of a new item is ready, in ms, if `timing` is immediate. @default never */
  sqlEndpointMs: number | null;
  /** Speed relative to the service. Divides recorded times, and the windows of the documented quotas. @default 1 */
  speed: number;
  /** Seed for drawing recorded times: equal seeds give equal times. @default 1 */
  timingSeed: number;
  /** Whether the documented quotas apply, per identity and minute: platform 500, jobs 200, operations 200. @default none */
  quota: "none" | "documented";
  /** Whether answers omit empty descriptions, as they did until April 2026. @default false */
  omitEmptyDescriptions: boolean;
  /** Whether answers spell ids in upper case. @default false */
  upperCaseIds: boolean;
  /** Whether role assignments have their own ids instead of their principals'. @default false */
  ownRoleIds: boolean;
  /** Whether definitions are returned in another order and spelling, with a `.platform` of the service's own. @default false */
  rewriteDefinitions: boolean;
  /**
   * Whether workspaces can be connected only to repositories of the seed. Otherwise any other repository counts as empty.
   * @default false
   */
  onlyKnownRepositories: boolean;
  /** Whether the tenant keeps deleted items in the recycle bin of their workspace. @default false */
  itemRecovery: boolean;
}

/** What an emulator does that nobody told otherwise. */
export const defaultLevers: Readonly<Levers> = {
  pageSize: Number.MAX_SAFE_INTEGER,
  operationDelayMs: 20,
  retryAfterSeconds: 1,
  nameReservationMs: 0,
  assignmentReads: 0,
  throttle: null,
  timing: "immediate",
  sqlEndpointMs: null,
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

/** The part of the service that every family can use, whichever families there are. */
export interface Service {
  readonly store: Store;
  readonly levers: Levers;
  readonly clock: Clock;
  readonly timing: Timing;
  /** Origin of this server: `http://127.0.0.1:PORT`. */
  origin: string;
  /** The collections of all families. */
  readonly collections: readonly CollectionDeclaration[];
}

/** Error by which an operation fails. */
export interface OperationError {
  readonly errorCode: string;
  readonly message: string;
  /** Whether the operation fails after its effect. @default false */
  readonly hasEffect?: boolean | undefined;
}

/** One request, as handlers receive it. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** Object id of the caller. */
  readonly caller: string;
  /** Error of the operation that this call starts, from a fault rule. */
  readonly operationError: OperationError | undefined;
  /** Durations for this call; undefined unless the lever `timing` demands recorded times. */
  readonly times?: Times | undefined;
}

/** An answer. An undefined body is sent as no bytes at all. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route as the service documents it: `/workspaces/{workspaceId}/assignToCapacity`. Made by `route` in `guard.ts`. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly template: string;
  /** @throws ServiceError if the service refuses the call */
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

  /** The reply with the refusal. Other APIs have other envelopes. */
  toReply(): Reply {
    const { status, errorCode, message, more } = this;
    return {
      status,
      body: { requestId: randomUUID(), errorCode, message, isRetriable: status === 429, ...more },
      headers: { "x-ms-public-api-error-code": errorCode },
    };
  }
}

/** A reply to what went well. */
export const ok = (body?: unknown, headers: Record<string, string> = {}): Reply => ({ status: 200, body, headers });

/** A reply with a new object. Most families add its location. */
export const created = (body: unknown, headers: Record<string, string> = {}): Reply => ({ status: 201, body, headers });

/** The error for what is not there. @param what the kind of object, in words */
export const notFound = (what: string) =>
  new ServiceError(404, "EntityNotFound", `The requested resource could not be found: ${what}`);

/** One page of a list. */
export function page(call: Call, service: Service, all: readonly unknown[], path: string): Reply {
  const token = call.query.get("continuationToken");
  const from = token ? Number(Buffer.from(decoded(token), "base64url").toString()) : 0;
  if (!Number.isInteger(from) || (token !== null && from === 0))
    throw new ServiceError(400, "InvalidContinuationToken", "The continuation token is invalid.");
  const until = from + service.levers.pageSize;
  if (until >= all.length) return ok({ value: all.slice(from) });
  const continuationToken = encodeURIComponent(Buffer.from(String(until)).toString("base64url"));
  const continuationUri = `${service.origin}/v1${path}?continuationToken=${continuationToken}`;
  return ok({ value: all.slice(from, until), continuationToken, continuationUri });
}

/** A token as it was given; one that is not encoded as an address wants it stays as it came. */
function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** A body property that must be text. */
export function requiredText(body: Readonly<Record<string, unknown>>, property: string, max: number): string {
  const value = body[property];
  if (typeof value !== "string" || value.trim() === "") throw badRequest(`The ${property} field is required.`);
  if (value.length > max) throw badRequest(`The field ${property} must be a string with a maximum length of ${max}.`);
  return value;
}

/** The error for a body that the service does not take. @param message what is wrong with it */
export const badRequest = (message: string) =>
  new ServiceError(400, "BadRequest", "The request body is invalid", {
    moreDetails: [{ errorCode: "RequestBodyValidationFailed", message }],
  });

/** Whether two names are the same to the service, which ignores case. */
export const sameName = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
