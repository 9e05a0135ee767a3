import type { LogStore } from "../../lib/logStore/logStore.ts";
import { providerFile } from "../../lib/transactions/transactionFiles.ts";
import type { Configuration } from "./configuration.ts";

/** The note beside a log: how its runs reached the service. */
export interface ProviderNote extends Configuration {
  /**
   * The place that the first run of the transaction reached: `host` or `host/tenantId`. Absent if an earlier version has written
   * the note.
   */
  readonly reached?: string | undefined;
}

/** The note beside a log, if there is one. */
export async function findProviderNote(store: LogStore, transactionId: string): Promise<ProviderNote | undefined> {
  const noted = await store.read(providerFile(transactionId));
  return noted && (JSON.parse(noted.toString()) as ProviderNote);
}

/**
 * The note beside a log.
 * @throws Error if there is none
 */
export async function providerNote(store: LogStore, transactionId: string): Promise<ProviderNote> {
  const noted = await findProviderNote(store, transactionId);
  if (!noted) throw new Error(`${providerFile(transactionId)} is missing beside its log in ${store.where}.`);
  return noted;
}
