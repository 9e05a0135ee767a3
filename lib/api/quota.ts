/*
 * The service's documented quotas per identity and minute, and the calls that count in each. The service's answers do not
 * show how much is left; refusals correct these numbers (`budget.ts`).
 * https://learn.microsoft.com/en-us/rest/api/fabric/articles/throttling
 */

/** A quota that the service counts separately. */
export type Bucket = "platform" | "jobs" | "operations" | "createWorkspace" | "bulkImport";

/** Calls of one identity in one window, by bucket. */
export type Quotas = Readonly<Record<Bucket, number>>;

/** The documented quotas. */
export const documentedQuotas: Quotas = {
  platform: 500,
  jobs: 200,
  operations: 200,
  createWorkspace: 200,
  bulkImport: 10,
};

/** For an API without quotas, or without any that matter here. */
export const noQuotas: Quotas = {
  platform: Infinity,
  jobs: Infinity,
  operations: Infinity,
  createWorkspace: Infinity,
  bulkImport: Infinity,
};

/** The window that a quota counts in, in ms. */
export const QUOTA_WINDOW_MS = 60_000;

/** The properties of a call that decide about its quotas. */
export interface Counted {
  readonly method: string;
  /** Path of the URL, with or without the endpoint's own path. */
  readonly path: string;
}

/** The buckets that a call counts in. Pure. */
export function bucketsOf({ method, path }: Counted): readonly Bucket[] {
  if (/\/operations\/[^/]+(\/result)?\/?$/i.test(path)) return ["operations"];
  if (/\/jobs\//i.test(path)) return ["jobs"];
  if (method === "POST" && /\/workspaces\/?$/i.test(path)) return ["platform", "createWorkspace"];
  if (method === "POST" && /\/bulkImportDefinitions\/?$/i.test(path)) return ["platform", "bulkImport"];
  return ["platform"];
}
