import { SignInError } from "../signIn/signInError.ts";

/** The meaning of a failed request to the vault. */
export interface VaultFailure {
  /** The vault answered, and has no such secret. */
  readonly isMissing: boolean;
  /** Whether the vault or the sign-in failed, so that other secrets would fail too. False if only this secret is concerned. */
  readonly isGeneral: boolean;
  /** The failure: status, code and request id if the vault answered. Never holds a value. */
  readonly reason: string;
  /** The next step. */
  readonly remedy: string;
}

/** The readable parts of the libraries' errors. Their requests and responses hold tokens and values. */
interface LibraryError {
  readonly name?: string;
  readonly message?: string;
  readonly statusCode?: number;
  readonly code?: unknown;
  readonly details?: { readonly error?: { readonly innerError?: { readonly code?: unknown } } };
  readonly response?: { readonly headers?: { get?(name: string): string | undefined } };
}

const SIGN_IN = "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or sign in with az login.";
const REACH =
  "Check the vault's address (KEY_VAULT_URL, else fabric:keyVaultUrl), and that this machine reaches the vault and the sign-in.";
const LATER = "Try again later.";

/** The next step by status of the answer. */
const remedies: Readonly<Record<number, string>> = {
  400: "The vault does not take this name or value; values have at most 25 KB.",
  401: "The vault does not accept the identity: the vault may belong to another tenant than the one that is signed in to.",
  403:
    "Give the identity the role Key Vault Secrets User, or Key Vault Secrets Officer to write; see that the secret is " +
    "enabled, and that the vault's network rules let this machine in.",
  409: "A deleted secret keeps its name: recover it (az keyvault secret recover), or purge it.",
};

/** The meaning of an error from the vault or its sign-in. */
export function vaultFailureOf(error: unknown): VaultFailure {
  const { name, message, statusCode, code, details, response } = (error ?? {}) as LibraryError;
  if (error instanceof SignInError)
    return { isMissing: false, isGeneral: true, reason: error.reason, remedy: error.remedy };
  if (/Authentication|Credential/.test(name ?? ""))
    return { isMissing: false, isGeneral: true, reason: `signing in failed: ${firstLine(message)}`, remedy: SIGN_IN };
  if (statusCode === undefined) {
    // the client fails on a refusal without a body; the vault never sends one, but a proxy may
    const what = error instanceof TypeError ? "its answer is not one of Key Vault" : firstLine(message);
    return { isMissing: false, isGeneral: true, reason: wordOf(code) ?? what, remedy: REACH };
  }
  // without the message: a proxy on the way may repeat the request in it
  const codes = [wordOf(code), wordOf(details?.error?.innerError?.code)].filter((word) => word !== undefined);
  const requestId = wordOf(response?.headers?.get?.("x-ms-request-id"));
  const isGeneral = statusCode === 401 || statusCode === 408 || statusCode === 429 || statusCode >= 500;
  // a proxy's page says nothing about the secret
  const isPage = /^text\//i.test(response?.headers?.get?.("content-type") ?? "");
  if (isPage && !isGeneral)
    return {
      isMissing: false,
      isGeneral: true,
      reason: `${statusCode}, and its answer is not one of Key Vault`,
      remedy: REACH,
    };
  return {
    isMissing: statusCode === 404,
    isGeneral,
    reason: [statusCode, ...codes, ...(requestId ? [`request ${requestId}`] : [])].join(" "),
    remedy: remedies[statusCode] ?? (isGeneral ? LATER : REACH),
  };
}

/** The text, if it looks like a code or an id. */
function wordOf(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.-]{1,80}$/.test(text) ? text : undefined;
}

function firstLine(message = "unknown error"): string {
  return message.split("\n")[0]?.slice(0, 300) ?? "";
}
