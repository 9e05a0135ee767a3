import { remedyFor, secretVariables } from "./credentialKind.ts";
import type { CredentialChoice } from "./credentialKind.ts";

/** Reason of a sign-in that was answered by something other than Entra ID. */
export const NOT_THE_SIGN_IN =
  "the answer is not one of the sign-in service. Sign in to the network's portal, and check the proxy.";

/**
 * Messages of the runtime about malformed answers. The libraries fail on such answers, quote them, and wrap the message in
 * their own errors.
 */
const STUMBLED = /^Cannot \w+ propert(y|ies) |Unexpected (token|end)|not valid JSON/;

/** Anything that could be a token or an assertion, because the libraries quote answers of other services. */
const TOKEN = /eyJ[\w-]{5,}(\.[\w-]*){0,2}/g;

/**
 * The error of a failed sign-in: the credential, the reason and the next step. It holds no secret of the environment, and not
 * the libraries' error, which can contain whole requests and answers.
 */
export function signInError(
  name: string,
  choice: CredentialChoice,
  cause: unknown,
  env: NodeJS.ProcessEnv,
): SignInError {
  let reason = reasonOf(cause).replace(TOKEN, "[redacted]");
  for (const variable of secretVariables) {
    const secret = env[variable];
    if (secret) reason = reason.replaceAll(secret, "[redacted]");
  }
  return new SignInError(`Signing in by ${name} failed: ${reason.replace(/[.,\s]*$/, "")}`, remedyFor(choice));
}

/** A failed sign-in. Neither part of the message holds a secret. */
export class SignInError extends Error {
  override readonly name = "SignInError";
  /** The failure and its reason, without a full stop. */
  readonly reason: string;
  /** The next step, in whole sentences. */
  readonly remedy: string;
  constructor(reason: string, remedy: string) {
    super(`${reason}. ${remedy}`);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** First line of an error, because further lines quote the answer. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const several = (error as { errors?: unknown }).errors;
  if (Array.isArray(several)) return several.map(reasonOf).join(" ");
  if (error.message.startsWith("endpoints_resolution_error")) {
    return "the authority did not answer for this tenant. Check the network, AZURE_TENANT_ID and AZURE_AUTHORITY_HOST.";
  }
  if (STUMBLED.test(error.message)) return NOT_THE_SIGN_IN;
  return error.message.split(/\r?\n/).find((line) => line.trim()) ?? error.name;
}
