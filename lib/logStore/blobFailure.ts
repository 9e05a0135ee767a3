import { NOT_THE_SERVICE } from "../api/fabricError.ts";
import type { BlobPlace } from "./blobPlace.ts";

/** The printable part of an error of Azure's library. */
interface StorageError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly statusCode?: number;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

/** A request to a storage account that failed for good. Plain data only: the library's errors hold tokens. */
export class BlobFailure extends Error {
  override readonly name = "BlobFailure";
  /** The service's code (`ContainerNotFound`), or the socket's (`ECONNREFUSED`). */
  readonly errorCode: string;

  /** @param operation what was being done: `append to dev-1.jsonl` */
  constructor(operation: string, place: BlobPlace, cause: unknown) {
    const error = (cause ?? {}) as StorageError;
    const errorCode = codeOf(cause);
    const requestId = error.response?.headers?.get("x-ms-request-id");
    const known = [errorCode, error.statusCode, requestId && `request ${requestId}`].filter(Boolean).join(", ");
    const where = `${place.serviceUrl}/${place.container}`;
    super(`The transaction log in ${where} could not ${operation}: ${known}. ${remedyOf(errorCode, error, place)}`);
    this.errorCode = errorCode;
  }
}

/** The code of an error from Azure's library. */
export function codeOf(cause: unknown): string {
  const { code, name, statusCode } = (cause ?? {}) as StorageError;
  // answers that do not come from Azure make the library fail on missing lists and lengths
  if (cause instanceof TypeError || cause instanceof RangeError) return NOT_THE_SERVICE;
  if (code && code !== "REQUEST_SEND_ERROR") return code;
  if (statusCode !== undefined) return `HTTP ${statusCode}`;
  return name === "AbortError" ? "no answer in time" : (code ?? name ?? "unknown");
}

function remedyOf(errorCode: string, error: StorageError, { account, container, serviceUrl }: BlobPlace): string {
  switch (errorCode) {
    case NOT_THE_SERVICE:
      return `Something between this machine and ${new URL(serviceUrl).host} answered in its place: sign in to the network's portal, and check the proxy.`;
    case "ContainerNotFound":
      return `Make it: az storage container create --account-name ${account} --name ${container} --auth-mode login`;
    case "AuthorizationPermissionMismatch":
    case "InsufficientAccountPermissions":
      return (
        `Give the signed-in identity the role Storage Blob Data Contributor on container '${container}'; ` +
        "it counts after a few minutes."
      );
    case "AuthorizationFailure":
      return `Account '${account}' refuses this machine or this right: look at its network rules, and at the signature's rights.`;
    case "KeyBasedAuthenticationNotPermitted":
      return "The account takes no keys: unset AZURE_STORAGE_CONNECTION_STRING and AZURE_STORAGE_KEY, and sign in.";
    case "AuthenticationFailed":
    case "InvalidAuthenticationInfo":
    case "NoAuthenticationInformation":
      return (
        "Its key or token was refused: look at AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_KEY, at the tenant that " +
        "you are signed in to, and at this machine's time."
      );
    case "BlockCountExceedsLimit":
      return (
        "An append blob takes 50,000 writes, and this transaction has used them up. Finish it with npm run up or " +
        "npm run rollback, and deploy less at once."
      );
  }
  // of all errors, only a failed sign-in has a message that is known to hold no secret; the message names what was tried
  if (/Authentication|CredentialUnavailable/.test(error.name ?? "")) return error.message?.split("\n")[0] ?? "";
  if (error.statusCode === undefined)
    return `Is the account's name right, and can this machine reach ${new URL(serviceUrl).host}?`;
  return "Try again; if it fails again, check the storage account.";
}
