import { assertTrustedBlobEndpoint, isLoopback } from "../api/trustedHost.ts";

/** A place for blobs, parsed from its address. */
export interface BlobPlace {
  /** Address of the account's blob service, without a slash at the end. */
  readonly serviceUrl: string;
  /** Name of the storage account. */
  readonly account: string;
  readonly container: string;
  /** Prefix of every name: empty, or with a trailing slash. */
  readonly prefix: string;
}

/** Whether a place is an address instead of a folder. */
export const isAddress = (place: string): boolean => /^\w+:\/\//.test(place);

/**
 * Parses the address of a container: `https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]`, and on this machine
 * `http://127.0.0.1:PORT/ACCOUNT/CONTAINER[/PREFIX]`.
 * @throws Error if the address is invalid, or its host must not receive a token. The message repeats only the host, because
 * the rest can contain a signature
 */
export function blobPlaceOf(address: string, env: NodeJS.ProcessEnv): BlobPlace {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || url.username || url.password || url.search || url.hash) throw new Error(EXPECTED);
  assertTrustedBlobEndpoint(url, env);
  const parts = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  // servers on this machine cannot have a name for each account
  const account = isLoopback(url) ? parts.shift() : url.hostname.split(".")[0];
  const [container, ...folders] = parts;
  if (!account || !container || !/^(?!.*--)[a-z\d][a-z\d-]{1,61}[a-z\d]$/.test(container)) throw new Error(EXPECTED);
  return {
    serviceUrl: isLoopback(url) ? `${url.origin}/${account}` : url.origin,
    account,
    container,
    prefix: folders.map((folder) => `${folder}/`).join(""),
  };
}

const EXPECTED =
  "must be a folder of the project, or the address of a blob container without ? and #: " +
  "https://ACCOUNT.blob.core.windows.net/CONTAINER";
