import type { AttemptRecord } from "../../lib/transactions/attempts.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import type { Asked, RunRecord } from "../../lib/transactions/runs.ts";
import type { Leftover } from "../transaction/leftovers.ts";
import { countsOf, isTransaction, outcomeOfLog } from "../../lib/transactions/summary.ts";
import type { Outcome } from "../../lib/transactions/summary.ts";
import { firstFailure } from "../transaction/firstFailure.ts";
import { changesIn } from "./changes.ts";
import type { ChangedObject, DefinitionSource } from "./changes.ts";
import { remainsOf } from "./remains.ts";
import { timelineOf } from "./timeline.ts";
import type { Timeline } from "./timeline.ts";

/** Everything that is known of a transaction. A log of an earlier version has entries only. */
export interface ReportSource extends DefinitionSource {
  readonly transactionId: string;
  readonly entries: readonly Entry[];
  /** The log of its rollback. */
  readonly rollback: readonly Entry[];
  readonly attempts: readonly AttemptRecord[];
  readonly rollbackAttempts: readonly AttemptRecord[];
  readonly runs: readonly RunRecord[];
}

/** A failure, as the page shows it first. */
export interface Failure {
  /** `create Item 'ingest'`; empty if the log does not say what failed. */
  readonly what: string;
  readonly reason: string;
  readonly errorCode?: string | undefined;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
}

/** What the calls came to. */
export interface CallCounts {
  readonly calls: number;
  /** Attempts after the first. */
  readonly repeated: number;
  /** Answers with a status of 400 or more, and calls without an answer. */
  readonly refused: number;
  /** Time in which calls were held back by a quota, in ms; the sum over calls. */
  readonly heldMs: number;
  /** Records that were left out. */
  readonly lost: number;
}

/** A deployment as a page shows it. */
export interface Report {
  readonly stack: string;
  readonly transactionId: string;
  readonly outcome: Outcome;
  /** Whether it was a transaction, and not a destroy or a plain run without rollback. */
  readonly isTransaction: boolean;
  /** Its runs, oldest first. */
  readonly asked: readonly Asked[];
  /** ISO 8601. */
  readonly began: string;
  /** From the first entry to the last one, without the time between runs, in ms. */
  readonly durationMs: number;
  readonly reached?: string | undefined;
  readonly caller?: string | undefined;
  readonly counts: Readonly<Record<"created" | "updated" | "deleted" | "failed", number>>;
  /** Undefined if nothing failed. */
  readonly failure?: Failure | undefined;
  /** Undefined if no attempts were recorded. */
  readonly calls?: CallCounts | undefined;
  readonly timeline: Timeline;
  readonly changes: readonly ChangedObject[];
  readonly leftovers: readonly Leftover[];
}

/** The report of a transaction. Pure. */
export function reportOf(source: ReportSource): Report {
  const { transactionId, entries, runs } = source;
  const [begin] = entries;
  const outcome = outcomeOfLog(entries);
  const timeline = timelineOf(source);
  const process = [...source.attempts, ...source.rollbackAttempts].find((record) => record.kind === "process");
  return {
    stack: begin?.kind === "begin" ? begin.stack : "",
    transactionId,
    outcome,
    isTransaction: isTransaction(entries),
    asked: runs.filter((record) => record.kind === "asked"),
    began: begin?.at ?? "",
    durationMs: timeline.lengthMs,
    reached: process?.reached,
    caller: process?.caller,
    counts: countsOf(entries),
    failure: failureIn(entries),
    calls: callsIn([...source.attempts, ...source.rollbackAttempts]),
    timeline,
    changes: changesIn(source),
    leftovers: leftoversOf(source, outcome),
  };
}

function failureIn(entries: readonly Entry[]): Failure | undefined {
  if (entries.some(({ kind }) => kind === "commit")) return undefined;
  const failed = firstFailure(entries);
  if (failed) {
    const { reason, errorCode, status, requestId, step } = failed;
    const intent = entries.find((entry) => entry.kind === "intent" && entry.step === step);
    const what = intent?.kind === "intent" ? `${intent.operation} ${intent.resourceType} '${intent.resourceName}'` : "";
    return { what, reason, errorCode, status, requestId };
  }
  const rollback = entries.find((entry) => entry.kind === "rollback");
  return rollback && { what: "", reason: rollback.reason };
}

function callsIn(records: readonly AttemptRecord[]): CallCounts | undefined {
  const attempts = records.filter((record) => record.kind === "attempt");
  if (attempts.length === 0) return undefined;
  return {
    calls: attempts.length,
    repeated: attempts.filter(({ attempt }) => attempt > 1).length,
    refused: attempts.filter(({ status }) => status === undefined || status >= 400).length,
    heldMs: attempts.reduce((sum, { heldMs = 0 }) => sum + heldMs, 0),
    lost: records.reduce((sum, record) => sum + (record.kind === "lost" ? record.count : 0), 0),
  };
}

/** What the last run listed as left over; if it listed nothing and the transaction has not ended, what the log shows. */
function leftoversOf({ entries, runs, transactionId }: ReportSource, outcome: Outcome): readonly Leftover[] {
  if (outcome === "rolledBack" || outcome === "nothing") return [];
  const last = runs.findLast((record) => record.kind === "ended");
  if (last && last.leftovers.length > 0) return last.leftovers;
  return outcome === "committed" ? [] : remainsOf(entries, transactionId);
}
