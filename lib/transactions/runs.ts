import { z } from "zod";
import type { LogStore } from "../logStore/logStore.ts";
import { runsFile } from "./transactionFiles.ts";

/*
 * The runs of a transaction: who asked for what, from which commit, and how it ended. They lie in a file of their own beside
 * the log, for reports and the history only.
 */

const leftover = z.object({
  what: z.string(),
  id: z.string().optional(),
  reason: z.string(),
  remedy: z.string().optional(),
});

const runRecord = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("asked"),
    /** ISO 8601. */
    at: z.string(),
    /** `up`, `rollback`. */
    command: z.string(),
    /** Name of the person, as CI or the operating system gives it. */
    by: z.string().optional(),
    /** Full hash. */
    commit: z.string().optional(),
    branch: z.string().optional(),
    /** Whether tracked files differed from the commit. */
    isDirty: z.boolean().optional(),
    /** Page of the CI run. */
    page: z.string().optional(),
  }),
  z.object({
    kind: z.literal("ended"),
    at: z.string(),
    /** Exit code of the command. */
    code: z.number(),
    /** What has to be done by hand. */
    leftovers: z.array(leftover),
  }),
]);

/** A note about a run. */
export type RunRecord = z.output<typeof runRecord>;
/** Who asked for a run. */
export type Asked = Extract<RunRecord, { kind: "asked" }>;

/** The notes in a file. Damaged lines, and notes of other versions, are left out. */
export function runsIn(content: string): RunRecord[] {
  return content.split("\n").flatMap((line) => {
    try {
      const read = runRecord.safeParse(JSON.parse(line));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}

/** The notes about a transaction's runs, oldest first. */
export async function readRuns(store: LogStore, transactionId: string): Promise<RunRecord[]> {
  return runsIn((await store.read(runsFile(transactionId)))?.toString() ?? "");
}

/** Adds a note. A place that refuses it loses it, because no deployment may fail for its report. */
export async function noteRun(store: LogStore, transactionId: string, record: RunRecord): Promise<void> {
  try {
    const file = await store.appender(runsFile(transactionId), { isDurable: false });
    await file.append(`${JSON.stringify(record)}\n`);
    await file.close();
  } catch {
    // see above
  }
}
