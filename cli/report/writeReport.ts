import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { hasEffects } from "../../lib/transactions/entry.ts";
import { reportOf } from "./model.ts";
import { reportPage } from "./page.ts";
import { readSource } from "./source.ts";

/** Number of reports that the project's folder keeps. */
const KEPT_REPORTS = 20;

/** The folder of a project's reports. */
export const reportFolder = (projectRoot: string): string => join(projectRoot, ".fabric", "reports");

/**
 * Writes a transaction's report into the project's folder, and removes the oldest reports there.
 * @returns its path; undefined if the transaction did nothing
 */
export async function writeReport(
  store: LogStore,
  transactionId: string,
  projectRoot: string,
): Promise<string | undefined> {
  const source = await readSource(store, transactionId);
  if (!hasEffects(source.entries) && !source.entries.some(({ kind }) => kind === "failed")) return undefined;
  const path = join(reportFolder(projectRoot), `${transactionId}.html`);
  writePage(path, reportPage(reportOf(source)));
  prune(reportFolder(projectRoot));
  return path;
}

/** Writes a page that only its owner can read: it names people and objects. */
export function writePage(path: string, page: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page, { mode: 0o600 });
}

function prune(folder: string): void {
  const pages = readdirSync(folder)
    .filter((name) => name.endsWith(".html"))
    .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
    .sort((one, other) => other.at - one.at);
  for (const { path } of pages.slice(KEPT_REPORTS)) rmSync(path, { force: true });
}
