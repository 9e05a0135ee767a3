import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import type { ContainerClient } from "@azure/storage-blob";
import type { BlobPlace } from "./blobPlace.ts";
import { azureCredential } from "../signIn/azureCredential.ts";
import { settleProxies } from "../network/proxy.ts";
import { isLoopback } from "../api/trustedHost.ts";

/** Requests that get no answer, 500 or 503 are sent up to six times within 13 s. */
const retryOptions = { maxTries: 6, retryDelayInMs: 500, maxRetryDelayInMs: 8_000 };

/**
 * A client of a container. Credentials come from the environment, as for Pulumi's own `azblob://` backend:
 * AZURE_STORAGE_CONNECTION_STRING, else AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY. Without these, the first request asks for
 * a token.
 * @throws Error if stack `local` would use a real credential
 */
export async function signedInContainer(
  place: BlobPlace,
  env: NodeJS.ProcessEnv,
  stack: string,
): Promise<ContainerClient> {
  const isThisMachine = isLoopback(new URL(place.serviceUrl));
  if (stack === "local" && !isThisMachine)
    throw new Error(
      "Stack 'local' never uses real credentials: set fabric:transactionLog to a folder, or use another stack.",
    );
  return (await signedInService(place, env, isThisMachine)).getContainerClient(place.container);
}

async function signedInService(place: BlobPlace, env: NodeJS.ProcessEnv, isThisMachine: boolean) {
  const { serviceUrl, account } = place;
  const options = { retryOptions };
  settleProxies();
  const connectionString = env["AZURE_STORAGE_CONNECTION_STRING"];
  if (connectionString) {
    const service = serviceOf(connectionString, options);
    if (service.url.split("?")[0]?.replace(/\/$/, "") === serviceUrl) return service;
  }
  const key = env["AZURE_STORAGE_KEY"];
  if (key && env["AZURE_STORAGE_ACCOUNT"] === account)
    return new BlobServiceClient(serviceUrl, new StorageSharedKeyCredential(account, key), options);
  if (isThisMachine)
    throw new Error(
      `Neither AZURE_STORAGE_CONNECTION_STRING nor AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY are for ${serviceUrl}: ` +
        `on this machine nobody signs in by a token.`,
    );
  const { credential } = await azureCredential({ env });
  return new BlobServiceClient(serviceUrl, credential, options);
}

/** @throws Error that does not repeat the connection string */
function serviceOf(connectionString: string, options: { readonly retryOptions: typeof retryOptions }) {
  try {
    return BlobServiceClient.fromConnectionString(connectionString, options);
  } catch {
    throw new Error("AZURE_STORAGE_CONNECTION_STRING is no connection string of a storage account.");
  }
}
