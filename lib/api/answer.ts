import { z } from "zod";
import { FabricError, NOT_THE_SERVICE } from "./fabricError.ts";
import type { ErrorDetail } from "./fabricError.ts";
import { isGuid } from "./guid.ts";

/*
 * Checks that an answer is the service's own before anything in it counts. Captive portals, proxies and gateways answer in
 * the service's place: with pages, with redirects, and with statuses that prove nothing about the service.
 */

/** An answer as received over the wire. */
export interface Received {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** Origin of the request: `https://api.fabric.microsoft.com`. */
  readonly origin: string;
}

/** An answer that is the service's by its content type. The caller checks its shape. */
export interface Answer extends Omit<Received, "text"> {
  /** JSON; undefined if there was no body. */
  readonly body: unknown;
}

/** The answer that a call expects. */
export interface Wanted<T> {
  /** Name of the call in an error. */
  readonly operation: string;
  readonly method: string;
  /** Path below the endpoint. */
  readonly path: string;
  /** Shape of the body. @default any JSON */
  readonly answer?: z.ZodType<T> | undefined;
}

/** A property of an answer that may be missing; null counts as missing. */
export const optional = <S extends z.ZodType>(shape: S) =>
  z.preprocess((value) => value ?? undefined, shape.optional());

/** The answer of a call that returns nothing. */
export const nothing = z.union([z.undefined(), z.null(), z.strictObject({})]);

/** The answer of a call that returns nothing, or what it has changed: nobody reads it, but a stranger's has another shape. */
export const nothingOr = <S extends z.ZodType>(shape: S) => z.union([nothing, shape]);

const REMEDY =
  "Something between this machine and the service answered in its place: sign in to the network's portal, and check the " +
  "proxy and fabric:endpoint.";
const BUSY_REMEDY = "A gateway or proxy answered for the service: run again, and check the proxy if it goes on.";

/**
 * Reads an answer with a success status.
 * @returns the answer, or a description of what came in its place
 */
export function readAnswer(received: Received): Answer | string {
  const { status, headers, text, origin } = received;
  if (status >= 300 && status < 400) return `a redirect${targetOf(received)}`;
  const read = readJson(headers["content-type"], text);
  return "stranger" in read ? read.stranger : { status, headers, origin, body: read.body };
}

/** The service's own words about a failure. */
export interface OwnError {
  readonly errorCode: string;
  readonly message?: string | undefined;
  readonly requestId?: string | undefined;
  readonly isRetriable?: boolean | undefined;
  readonly moreDetails?: ErrorDetail[] | undefined;
}

/**
 * The error in an answer of the service itself.
 * @returns undefined if nothing proves that the answer is the service's: no errorCode in JSON, and none in the header
 */
export function ownErrorOf({ headers, text }: Pick<Received, "headers" | "text">): OwnError | undefined {
  const read = readJson(headers["content-type"], text);
  const parsed = errorBody.safeParse("stranger" in read ? undefined : read.body);
  const { error, ...body } = parsed.data ?? {};
  const errorCode = body.errorCode ?? headers["x-ms-public-api-error-code"] ?? error?.code;
  return errorCode ? { ...body, message: body.message ?? error?.message, errorCode } : undefined;
}

/** A property that is left out if it has another shape: an odd property must not hide an error code. */
export const tolerant = <S extends z.ZodType>(shape: S) => optional(shape).catch(undefined);

/** The service's format of errors. */
export const ownWords = z.object({
  errorCode: tolerant(z.string().min(1)),
  message: tolerant(z.string()),
  requestId: tolerant(z.string()),
  isRetriable: tolerant(z.boolean()),
  moreDetails: tolerant(z.array(z.object({ errorCode: tolerant(z.string()), message: tolerant(z.string()) }))),
});

const errorBody = ownWords.extend({
  /** Microsoft Graph's envelope. */
  error: tolerant(z.object({ code: z.string().min(1), message: tolerant(z.string()) })),
});

/** Description of an answer with an error status that is not the service's own; undefined if it has no body. */
export function strangerOf({ headers, text }: Pick<Received, "headers" | "text">): string | undefined {
  if (text.trim() === "") return undefined;
  const read = readJson(headers["content-type"], text);
  return "stranger" in read ? read.stranger : "JSON without an errorCode";
}

/**
 * The body of an answer in the shape that the call expects, without properties that the shape does not name.
 * @throws FabricError if the answer has another shape, or describes another object than the path names
 */
export function believe<T>(answer: Answer, wanted: Wanted<T>): T {
  const isOther = isOfOtherObject(answer.body, wanted);
  if (isOther) throw notTheService(answer, wanted, "an answer about another object than the one that was asked for");
  if (!wanted.answer) return answer.body as T;
  const parsed = wanted.answer.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw notTheService(answer, wanted, misfit(answer, parsed.error));
}

function misfit({ body }: Answer, error: z.ZodError): string {
  if (body === undefined || body === null) return "no body, although one is needed";
  const paths = [...new Set(error.issues.map(({ path }) => path.map(String).join(".")))].filter(Boolean);
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : "";
  return `JSON of another shape${paths.length > 0 ? ` (see ${paths.slice(0, 3).join(", ")}${more})` : ""}`;
}

/**
 * The error for an answer that is not the service's. Nothing in such an answer counts, not even its status.
 * @param came description of the answer
 */
export function notTheService(
  answer: Pick<Received, "status" | "headers" | "origin">,
  { operation, method }: Pick<Wanted<unknown>, "operation" | "method">,
  came: string,
): FabricError {
  return new FabricError({
    operation,
    errorCode: NOT_THE_SERVICE,
    status: answer.status,
    requestId: requestIdOf(answer.headers),
    ...strangeness(answer, method, came),
  });
}

/** Message and remedy for an answer that is not the service's own. */
export function strangeness(
  { status, origin }: Pick<Received, "status" | "origin">,
  method: string,
  came: string,
): { readonly serviceMessage: string; readonly remedy: string; readonly isOutcomeKnown: false } {
  const doubt = method.toUpperCase() === "GET" ? "" : " Whether the request was carried out is not known.";
  const isBusy = status === 429 || status >= 500;
  return {
    serviceMessage: `${origin} answered with ${came}, which is not an answer of the service.${doubt}`,
    remedy: isBusy ? BUSY_REMEDY : REMEDY,
    isOutcomeKnown: false,
  };
}

/** Fabric's name for the id of a request, then Microsoft Graph's. */
export const requestIdOf = (headers: Readonly<Record<string, string | undefined>>) =>
  headers["requestid"] ?? headers["request-id"];

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/** The type of the service's answers without a body. */
const EMPTY_TYPE = /^application\/octet-stream\s*(;|$)/i;

/** Reads JSON. An answer without a content type may be JSON; an answer with another type is not, and is no empty one either. */
function readJson(type: string | undefined, text: string): { readonly body: unknown } | { readonly stranger: string } {
  const isEmpty = text.trim() === "";
  const isOwnType = type === undefined || JSON_TYPE.test(type.trim()) || (isEmpty && EMPTY_TYPE.test(type.trim()));
  if (!isOwnType) {
    const kind = /^[\w.+-]+\/[\w.+-]+/.exec(type.trim())?.[0] ?? "a body of an unknown type";
    return { stranger: isEmpty ? `an empty body of type ${kind}` : `${kind}${titleOf(text)}` };
  }
  if (isEmpty) return { body: undefined };
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    return { stranger: `a body that is no JSON${titleOf(text)}` };
  }
}

/** First words of a page's title, so that people recognise the portal. An error never shows more of the body. */
function titleOf(text: string): string {
  const title = /<title[^>]*>([^<]*)/i.exec(text.slice(0, 20_000))?.[1];
  const words = title
    ?.replace(/\?\S*|Bearer\s+\S+|\S{40,}/gi, "…")
    .replace(/[^\p{L}\p{N}\p{P}\p{Zs}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return words ? `, titled '${words.length > 60 ? `${words.slice(0, 60)}…` : words}'` : "";
}

/** Target of a redirect, without path and query, which can hold sessions and details of the request. */
function targetOf({ headers, origin }: Received): string {
  const location = headers["location"];
  if (!location || !URL.canParse(location, origin)) return "";
  const { host, protocol } = new URL(location, origin);
  return host && /^https?:$/.test(protocol) ? ` to ${host}` : "";
}

/** Whether an answer names another object than the path of the call, or objects of another workspace. */
function isOfOtherObject(body: unknown, { method, path }: Wanted<unknown>): boolean {
  const [, family, workspaceId = "", ...below] = path.split("/");
  const entries = (body as { value?: unknown } | null | undefined)?.value;
  const isElsewhere = (entry: unknown) => {
    const named = textOf(entry, "workspaceId");
    return named !== undefined && !isSame(named, workspaceId);
  };
  if (family === "workspaces" && below.length > 0 && (Array.isArray(entries) ? entries : [body]).some(isElsewhere))
    return true;
  const last = path.split("/").at(-1) ?? "";
  const isNamed = isGuid(last) && !["POST", "DELETE"].includes(method.toUpperCase());
  // the path of a role names its principal, and the role may have an id of its own
  const principal = (body as { principal?: unknown } | null | undefined)?.principal;
  const named = [textOf(body, "id"), textOf(principal, "id")].filter((id) => id !== undefined);
  return isNamed && named.length > 0 && !named.some((id) => isSame(id, last));
}

function textOf(value: unknown, key: string): string | undefined {
  const text: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof text === "string" ? text : undefined;
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
