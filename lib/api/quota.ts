/*
 * What the service lets one identity do in a minute, as it documents it, and which calls count in what. Nothing in its
 * answers says how much is left; refusals correct what is believed here (`budget.ts`).
 * https://learn.microsoft.com/en-us/rest/api/fabric/articles/throttling
 */

/** A quota that the service counts on its own. */
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

/** Quotas of an API that has none, or none that matters here. */
export const noQuotas: Quotas = {
  platform: Infinity,
  jobs: Infinity,
  operations: Infinity,
  createWorkspace: Infinity,
  bulkImport: Infinity,
};

/** The window that a quota counts in, in ms. */
export const QUOTA_WINDOW_MS = 60_000;

/** A call, as far as quotas tell calls apart. */
export interface Counted {
  readonly method: string;
  /** Of the URL, with or without what the endpoint begins with. */
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
