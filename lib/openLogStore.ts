import { FolderLogStore } from "./folderLogStore.ts";
import type { LogStore } from "./logStore.ts";

/**
 * The place of a stack's transaction logs.
 * @param place `fabric:transactionLog`: a folder, or the URL of a blob container
 */
export async function openLogStore(place: string): Promise<LogStore> {
  return new FolderLogStore(place);
}
