import type { AttemptRecord } from "../../lib/transactions/attempts.ts";
import { outcomeOf } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { Rows, workspaceNamesIn } from "./rows.ts";
import type { Intended, Row } from "./rows.ts";
import type { CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import { axisOf } from "./time.ts";
import type { Axis, Break, Stretch } from "./time.ts";

/** A step, an attempt of a call, or a wait of one object. Times are places on the axis, in ms. */
export type Span = StepSpan | CallSpan | WaitSpan;

interface Placed {
  readonly at: number;
  readonly ms: number;
  /** Whether it belongs to the rollback. */
  readonly isBack?: true;
}

/** A step of the log. */
export interface StepSpan extends Placed {
  readonly t: "step";
  readonly op: "create" | "update" | "delete";
  readonly outcome: "done" | "refused" | "unknown";
  readonly reason?: string | undefined;
}

/** An attempt of a call. */
export interface CallSpan extends Placed {
  readonly t: "call";
  readonly method: string;
  /** Index in {@link Timeline.paths}. */
  readonly path: number;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  /** Request id. */
  readonly id?: string | undefined;
  /** Absent for the first attempt. */
  readonly nth?: number | undefined;
}

/** A wait: for the quota before a call, before a repetition, or for an operation. */
export interface WaitSpan extends Placed {
  readonly t: "wait";
  readonly why: "quota" | "retry" | "operation";
}

/** An object with all that happened to it. */
export interface TimelineRow {
  readonly kind: string;
  readonly name: string;
  readonly id?: string | undefined;
  /** `undone`: the rollback has taken back what was done. `back`: it has written to it, and has not ended. `read`: nothing was written. */
  readonly outcome: "done" | "refused" | "unknown" | "undone" | "back" | "read";
  readonly spans: readonly Span[];
}

/** The objects of one workspace; those outside workspaces have no name. */
export interface TimelineGroup {
  readonly name: string;
  readonly rows: readonly TimelineRow[];
}

/** All that happened, by workspace and object. */
export interface Timeline {
  readonly lengthMs: number;
  readonly breaks: readonly Break[];
  /** Where the rollback begins. */
  readonly rollbackAt?: number | undefined;
  readonly groups: readonly TimelineGroup[];
  /** Paths of calls, each once. */
  readonly paths: readonly string[];
}

/** What a timeline is made from. */
export interface TimelineSource {
  readonly entries: readonly Entry[];
  readonly rollback: readonly Entry[];
  readonly attempts: readonly AttemptRecord[];
  readonly rollbackAttempts: readonly AttemptRecord[];
  /** Resources of the checkpoint from before. */
  readonly resources: readonly CheckpointResource[];
}

/** Most attempts on a page; beyond, those that say the least are left out: reads that worked at once. */
const MOST_CALLS = 6_000;

/** The timeline of a transaction and its rollback. Pure. */
export function timelineOf(source: TimelineSource): Timeline {
  const forward = stepsIn(source.entries);
  const steps = [...forward, ...stepsIn(source.rollback)];
  const rows = new Rows(steps, workspaceNamesIn(steps, source.resources));
  const records = [...source.attempts, ...source.rollbackAttempts];
  rows.learn(records);
  const entries = [...source.entries, ...source.rollback];
  const axis = axisOf([...stretchesOf(entries, steps), ...records.map(stretchOf)]);
  const paths = new Paths();
  const spans = new Map<Row, Span[]>();
  const add = (row: Row, span: Span) => {
    const own = spans.get(row);
    if (own) own.push(span);
    else spans.set(row, [span]);
  };
  const endOf = endsOf(entries);
  for (const [index, step] of steps.entries())
    add(rows.ofStep(step.intent.step), stepSpan(step, endOf(step), index >= forward.length, axis));
  for (const [records, isBack] of [
    [source.attempts, false],
    [source.rollbackAttempts, true],
  ] as const)
    for (const record of tellingOf(records)) {
      const row = rows.ofRecord(record);
      if (row) for (const span of recordSpans(record, isBack, axis, paths)) add(row, span);
    }
  const rollbackEntry = source.entries.find(({ kind }) => kind === "rollback");
  return {
    lengthMs: axis.lengthMs,
    breaks: axis.breaks,
    ...(rollbackEntry && { rollbackAt: axis.placeOf(Date.parse(rollbackEntry.at)) }),
    groups: groupsOf(spans, compensatedRows(source.entries, rows), source.entries),
    paths: paths.all,
  };
}

/** A step with its outcome. */
export interface LoggedStep {
  readonly intent: Intended;
  readonly outcome: "done" | "refused" | "unknown";
  readonly ended?: Entry | undefined;
}

function stepsIn(entries: readonly Entry[]): LoggedStep[] {
  const ends = new Map<string, Entry>();
  for (const entry of entries)
    if ((entry.kind === "done" || entry.kind === "failed") && !ends.has(entry.step)) ends.set(entry.step, entry);
  return entries.flatMap((entry) => {
    if (entry.kind !== "intent") return [];
    const ended = ends.get(entry.step);
    return [{ intent: entry, outcome: outcomeOf(ended ? [ended] : [], entry.step), ended }];
  });
}

/** The end of a step. One without an outcome ends with the last entry of its process. */
function endsOf(entries: readonly Entry[]): (step: LoggedStep) => number {
  const last = new Map<number, number>();
  for (const { pid, at } of entries) last.set(pid, Math.max(last.get(pid) ?? 0, Date.parse(at)));
  return ({ intent, ended }) => Date.parse(ended?.at ?? "") || (last.get(intent.pid) ?? Date.parse(intent.at));
}

function stepSpan({ intent, outcome, ended }: LoggedStep, end: number, isBack: boolean, axis: Axis): StepSpan {
  const at = axis.placeOf(Date.parse(intent.at));
  const reason = ended?.kind === "failed" ? ended.reason : undefined;
  return {
    t: "step",
    at,
    ms: Math.max(0, axis.placeOf(end) - at),
    op: intent.operation,
    outcome,
    ...(reason !== undefined && { reason }),
    ...(isBack && { isBack }),
  };
}

function recordSpans(record: AttemptRecord, isBack: boolean, axis: Axis, paths: Paths): Span[] {
  const back = isBack ? ({ isBack } as const) : {};
  if (record.kind === "wait")
    return [{ t: "wait", at: axis.placeOf(record.at), ms: record.ms, why: record.why, ...back }];
  if (record.kind !== "attempt") return [];
  const { at, ms, method, status, errorCode, requestId, attempt, heldMs = 0 } = record;
  const call: CallSpan = {
    t: "call",
    at: axis.placeOf(at),
    ms,
    method,
    path: paths.indexOf(record.path),
    ...(status !== undefined && { status }),
    ...(errorCode !== undefined && { code: errorCode }),
    ...(requestId !== undefined && { id: requestId }),
    ...(attempt > 1 && { nth: attempt }),
    ...back,
  };
  if (heldMs < 100) return [call];
  return [{ t: "wait", at: axis.placeOf(at - heldMs), ms: heldMs, why: "quota", ...back }, call];
}

/** The records that a page has room for. */
function tellingOf(records: readonly AttemptRecord[]): readonly AttemptRecord[] {
  if (records.length <= MOST_CALLS) return records;
  return records.filter(
    (record) => record.kind !== "attempt" || record.step !== undefined || record.attempt > 1 || record.status !== 200,
  );
}

const stretchOf = (record: AttemptRecord): Stretch => {
  const { at } = record;
  if (record.kind === "wait") return { from: at, to: at + record.ms };
  if (record.kind === "attempt") return { from: at - (record.heldMs ?? 0), to: at + record.ms };
  return { from: at, to: at };
};

function stretchesOf(entries: readonly Entry[], steps: readonly LoggedStep[]): Stretch[] {
  const moments = entries.map(({ at }) => ({ from: Date.parse(at), to: Date.parse(at) }));
  const lasting = steps.flatMap(({ intent, ended }) =>
    ended ? [{ from: Date.parse(intent.at), to: Date.parse(ended.at) }] : [],
  );
  return [...moments, ...lasting];
}

/** Rows whose orphan the rollback has removed by its compensation. */
const compensatedRows = (entries: readonly Entry[], rows: Rows): ReadonlySet<Row> =>
  new Set(entries.flatMap((entry) => (entry.kind === "compensated" ? [rows.ofStep(entry.step)] : [])));

function groupsOf(
  spans: ReadonlyMap<Row, readonly Span[]>,
  compensated: ReadonlySet<Row>,
  entries: readonly Entry[],
): TimelineGroup[] {
  const isRolledBack = entries.some(({ kind }) => kind === "rolledBack");
  const rows = [...spans]
    .map(([row, own]) => ({ row, own: own.toSorted((one, other) => one.at - other.at) }))
    .sort((one, other) => (one.own[0]?.at ?? 0) - (other.own[0]?.at ?? 0));
  const groups = Map.groupBy(rows, ({ row }) => row.workspace);
  return [...groups].map(([name, members]) => ({
    name,
    rows: members.map(({ row, own }) => ({
      kind: row.kind,
      name: row.name,
      ...(row.id !== undefined && { id: row.id }),
      outcome: outcomeOfRow(own, compensated.has(row) || isRolledBack),
      spans: own,
    })),
  }));
}

function outcomeOfRow(spans: readonly Span[], isTakenBack: boolean): TimelineRow["outcome"] {
  const steps = spans.filter((span) => span.t === "step" && !span.isBack) as StepSpan[];
  const back = spans.filter((span) => span.t === "step" && span.isBack) as StepSpan[];
  if (steps.length + back.length === 0) return "read";
  // what was refused once may have worked in another attempt
  const last = steps.at(-1)?.outcome ?? back.at(-1)?.outcome ?? "done";
  if (last === "refused") return "refused";
  if (isTakenBack) return "undone";
  if (back.length > 0) return "back";
  return steps.some(({ outcome }) => outcome === "unknown") ? "unknown" : "done";
}

/** Paths, each once: a deployment calls the same few again and again. */
class Paths {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();

  indexOf(path: string): number {
    const known = this.#places.get(path);
    if (known !== undefined) return known;
    this.#places.set(path, this.all.length);
    return this.all.push(path) - 1;
  }
}
