import { AxiosError } from "axios";
import type { AxiosResponse } from "axios";
import { notTheService, ownErrorOf, readAnswer, requestIdOf, strangeness, strangerOf } from "./answer.ts";
import type { Received } from "./answer.ts";
import type { FabricCall } from "./fabricCall.ts";
import { FabricError, NOT_THE_SERVICE } from "./fabricError.ts";
import { MAX_RETRY_AFTER_S, failureOf } from "../retryHandler.ts";
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

/**
 * The error as plain data.
 * @param of.refused the credential, if a new token of it was asked for
 */
export function cleanError(
  error: unknown,
  call: FabricCall,
  of: { readonly attempts: Attempts; readonly refused?: string },
): unknown {
  const { operation, remedies, secrets = [] } = call;
  const isOutcomeKnown = of.attempts.mayHaveArrived ? false : undefined;
  const attempts = of.attempts.count;
  if (!(error instanceof AxiosError)) {
    // our own waits reject with the signal's reason
    if (call.signal?.aborted) return new FabricError({ operation, errorCode: "Cancelled", isOutcomeKnown });
    if (isOutcomeKnown === undefined) return error;
    // there was no token for a further attempt
    const serviceMessage = error instanceof Error ? error.message : String(error);
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
      ...remedyOf(remedies, errorCode),
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
const refusalOf = (credential: string | undefined) =>
  credential && {
    remedy:
      `The service refused the token of ${credential}, and once more after asking for a new one. Sign in again, or renew ` +
      `FABRIC_ACCESS_TOKEN; check the tenant, this machine's clock, and that the tenant lets this identity use Fabric's APIs.`,
  };

function remedyOf(remedies: FabricCall["remedies"], errorCode: string): { remedy?: string } {
  const remedy = remedies?.[errorCode];
  return remedy === undefined ? {} : { remedy };
}
