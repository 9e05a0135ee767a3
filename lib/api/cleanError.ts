import { AxiosError } from "axios";
import type { AxiosResponse } from "axios";
import { notTheService, ownErrorOf, requestIdOf, strangeness, strangerOf } from "./answer.ts";
import type { Received } from "./answer.ts";
import type { FabricCall } from "./fabricCall.ts";
import { FabricError, NOT_THE_SERVICE } from "./fabricError.ts";
import { MAX_RETRY_AFTER_S, failureOf } from "../retryHandler.ts";
import type { TokenSource } from "../signIn/credentials.ts";

/* Turns errors of axios into plain data. An axios error holds the request with its token, and must not go any further. */

/** Headers by their names in lower case. */
export function headersOf(response: AxiosResponse): Record<string, string | undefined> {
  const entries = Object.entries(response.headers as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key.toLowerCase(),
      value === undefined || value === null ? undefined : String(value as string),
    ]),
  );
}

/** The answer as received; the client leaves bodies as text. */
export const receivedOf = (response: AxiosResponse): Received => ({
  status: response.status,
  headers: headersOf(response),
  text: typeof response.data === "string" ? response.data : "",
  origin: new URL(response.config.url ?? "").origin,
});

/** Notes of the client on a request during its attempts. */
export interface Attempted {
  /** The service may have executed an attempt, whatever the last answer says. */
  mayHaveArrived?: boolean;
  /** Number of attempts. */
  attempt?: number;
}

/** What an error can name besides the call. */
export interface Circumstances {
  /** What decides the address of the service: `fabric:endpoint`. Absent if nothing does. */
  readonly addressFrom?: string | undefined;
  /** The credential, if a new token of it was refused too. */
  readonly refused?: Pick<TokenSource, "name" | "remedy">;
}

/** The error as plain data. */
export function cleanError(error: unknown, call: FabricCall, { addressFrom, refused }: Circumstances = {}): unknown {
  const { operation, remedies } = call;
  if (!(error instanceof AxiosError)) {
    // our own waits reject with the signal's reason
    return call.signal?.aborted ? new FabricError({ operation, errorCode: "Cancelled" }) : error;
  }
  const { mayHaveArrived, attempt: attempts } = (error.config ?? {}) as Attempted;
  const isOutcomeKnown = mayHaveArrived ? false : undefined;
  const received = error.response && receivedOf(error.response);
  if (received && error.code === NOT_THE_SERVICE) return notTheService(received, call, error.message);
  if (!received || received.status < 300) {
    const errorCode = error.code === AxiosError.ERR_CANCELED ? "Cancelled" : (error.code ?? "NetworkError");
    return new FabricError({
      operation,
      errorCode,
      serviceMessage: error.message,
      isOutcomeKnown,
      attempts,
      ...(remedyOf(remedies, errorCode) ?? unreachable(errorCode, addressFrom)),
    });
  }
  const own = ownErrorOf(received);
  const stranger = own ? undefined : strangerOf(received);
  const errorCode = own?.errorCode ?? `HTTP ${received.status}`;
  return new FabricError({
    operation,
    errorCode,
    status: received.status,
    requestId: own?.requestId ?? requestIdOf(received.headers),
    isRetriable: own?.isRetriable,
    serviceMessage: withoutSecrets(own?.message, call),
    moreDetails: own?.moreDetails?.map(({ errorCode: code, message }) => ({
      errorCode: code,
      message: withoutSecrets(message, call),
    })),
    isOutcomeKnown,
    attempts,
    retryAfterSeconds: failureOf(error).retryAfterSeconds,
    ...(stranger !== undefined
      ? strangeness(received, call.method, stranger)
      : (longPauseOf(error) ??
        (received.status === 401 ? refusalOf(refused) : undefined) ??
        remedyOf(remedies, errorCode))),
  });
}

/** Removes tokens and secrets: a service may repeat a request in its answer, and they must not be printed. */
const withoutSecrets = (text: string | undefined, { secrets = [] }: FabricCall) =>
  secrets.reduce(
    (clean, secret) => clean?.replaceAll(secret, "[redacted]"),
    text?.replace(/Bearer\s+\S+/gi, "Bearer [redacted]"),
  );

/** Remedy if the service asks for a longer pause than the client waits. */
function longPauseOf(error: AxiosError): { remedy: string } | undefined {
  const { retryAfterSeconds = 0 } = failureOf(error);
  return retryAfterSeconds > MAX_RETRY_AFTER_S
    ? { remedy: `The service wants ${retryAfterSeconds} s of pause: run again after that.` }
    : undefined;
}

/** Remedy if new tokens are refused too. */
const refusalOf = (credential: Circumstances["refused"]) =>
  credential && {
    remedy:
      `The service refused the token of ${credential.name}, and once more after asking for a new one. ` +
      `${credential.remedy ?? "Sign in again."} Check the tenant, this machine's clock, and that the tenant lets this identity ` +
      `use Fabric's APIs.`,
  };

/** Remedy if no connection came about. Only what decides the address is named. */
function unreachable(errorCode: string, addressFrom: string | undefined): { remedy: string } | undefined {
  const what = { ECONNREFUSED: "Nothing listens there.", ENOTFOUND: "The host name is unknown." }[errorCode];
  if (what === undefined) return undefined;
  return { remedy: `${what} Check ${addressFrom === undefined ? "" : `${addressFrom} and `}the network.` };
}

function remedyOf(remedies: FabricCall["remedies"], errorCode: string): { remedy: string } | undefined {
  const remedy = remedies?.[errorCode];
  return remedy === undefined ? undefined : { remedy };
}
