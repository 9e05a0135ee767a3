import { AxiosError } from "axios";
import type { AxiosResponse } from "axios";
import { notTheService, ownErrorOf, readAnswer, requestIdOf, strangeness, strangerOf } from "./answer.ts";
import type { Received } from "./answer.ts";
import type { FabricCall } from "./fabricCall.ts";
import { FabricError, NOT_THE_SERVICE } from "./fabricError.ts";
import { MAX_RETRY_AFTER_S, failureOf } from "../retryHandler.ts";
import type { TokenSource } from "../signIn/credentials.ts";
import { messageOf } from "./messageOf.ts";
import { withoutSecrets, withoutSecretsIn } from "./withoutSecrets.ts";

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

/** The record of a call during its attempts. */
export class Attempts {
  /** Number of attempts. */
  count: number;
  /** The service may have executed an attempt, whatever the last answer says. */
  mayHaveArrived = false;

  /** @param before attempts of the same call by its caller */
  constructor(before = 0) {
    this.count = before;
  }
}

/** What an error can name besides the call. */
export interface Circumstances {
  readonly attempts: Attempts;
  /** What decides the address of the service: `fabric:endpoint`. Absent if nothing does. */
  readonly addressFrom?: string | undefined;
  /** The credential, if a new token of it was asked for. */
  readonly refused?: Pick<TokenSource, "name" | "remedy">;
}

/** The error as plain data. */
export function cleanError(error: unknown, call: FabricCall, of: Circumstances): unknown {
  const { operation, remedies, secrets = [] } = call;
  const isOutcomeKnown = of.attempts.mayHaveArrived ? false : undefined;
  const attempts = of.attempts.count;
  if (!(error instanceof AxiosError)) {
    // our own waits reject with the signal's reason
    if (call.signal?.aborted) return new FabricError({ operation, errorCode: "Cancelled", isOutcomeKnown });
    if (isOutcomeKnown === undefined) return error;
    // there was no token for a further attempt
    const serviceMessage = messageOf(error);
    return new FabricError({ operation, errorCode: "SignInFailed", serviceMessage, isOutcomeKnown, attempts });
  }
  const received = error.response && receivedOf(error.response);
  const unreadable = received && { ...received, text: withoutSecrets(received.text, secrets) };
  if (unreadable && error.code === NOT_THE_SERVICE) {
    const came = readAnswer(unreadable);
    return notTheService(unreadable, call, typeof came === "string" ? came : "something else");
  }
  if (!received || !unreadable || received.status < 300) {
    const errorCode = error.code === AxiosError.ERR_CANCELED ? "Cancelled" : (error.code ?? "NetworkError");
    return new FabricError({
      operation,
      errorCode,
      serviceMessage: error.message,
      isOutcomeKnown,
      attempts,
      ...(remedyOf(remedies, errorCode) ?? unreachable(errorCode, of.addressFrom)),
    });
  }
  const own = ownErrorOf(received);
  const stranger = own ? undefined : strangerOf(unreadable);
  const errorCode = own?.errorCode ?? `HTTP ${received.status}`;
  return new FabricError({
    operation,
    errorCode,
    status: received.status,
    requestId: own?.requestId ?? requestIdOf(received.headers),
    isRetriable: own?.isRetriable,
    ...withoutSecretsIn(own ?? {}, secrets),
    isOutcomeKnown,
    attempts,
    retryAfterSeconds: failureOf(error).retryAfterSeconds,
    ...(stranger !== undefined
      ? strangeness(received, call.method, stranger)
      : (longPauseOf(error) ??
        (received.status === 401 ? refusalOf(of.refused) : undefined) ??
        remedyOf(remedies, errorCode))),
  });
}

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
