import { inProject } from "../project/projectFolder.ts";
import { blobPlaceOf, isAddress } from "./blobPlace.ts";
import { FolderLogStore } from "./folderLogStore.ts";
import type { LogStore } from "./logStore.ts";

/** Context for the sign-in to a storage account. */
export interface LogStoreOptions {
  /** Stack `local` never uses real credentials. */
  readonly stack: string;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The environment variable that overrides the place of all stacks' logs: an absolute folder, which may be outside the project,
 * or the address of a blob container. Commands use this variable to pass their place to the processes they start.
 */
export const LOG_PLACE = "FABRIC_TRANSACTION_LOG";

/**
 * The place of a stack's transaction logs. Azure's library is loaded only if a container is named.
 * @param configured `fabric:transactionLog`: a folder, or the address of a blob container
 * @throws Error if the address is invalid, or its host must not receive a token
 */
export async function openLogStore(
  configured: string,
  { stack, env = process.env }: LogStoreOptions,
): Promise<LogStore> {
  const place = env[LOG_PLACE] || configured;
  if (!isAddress(place)) return new FolderLogStore(inProject(place));
  const blobs = blobPlaceOf(place, env);
  const [{ BlobLogStore }, { signedInContainer }] = await Promise.all([
    import("./blobLogStore.ts"),
    import("./blobSignIn.ts"),
  ]);
  return new BlobLogStore(blobs, await signedInContainer(blobs, env, stack));
}
