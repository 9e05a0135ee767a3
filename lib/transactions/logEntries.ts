import { z } from "zod";
import type { Entry } from "./entry.ts";

/*
 * Parses a transaction log. Its entries decide what is undone and what is forgotten, so nothing is skipped: an unknown
 * format, an unknown kind of entry and a damaged line are refused.
 */

/** Versions of the format that this version of the project reads; it writes the last one. */
export const READABLE_FORMATS: readonly number[] = [1, 2];

/** The place of a log, for messages. */
export interface LogPlace {
  /** The store: a path or a URL. */
  readonly where: string;
  /** Name of its file there. */
  readonly name: string;
}

/** A log that this version cannot read whole. So it must not undo, end or prune the log, nor write another one beside it. */
export class UnreadableLogError extends Error {
  override readonly name = "UnreadableLogError";
}

const text = z.string();
const step = { step: text };

const compensation = z.looseObject({ function: text, args: z.record(text, z.unknown()) });

/** The kinds of entry of this version. Further keys in an entry are allowed. */
const factsByKind: Readonly<Record<Entry["kind"], z.ZodType>> = {
  begin: z.looseObject({
    stack: text,
    project: text.optional(),
    backend: text.optional(),
    enableRollback: z.boolean(),
  }),
  intent: z.looseObject({
    ...step,
    operation: z.enum(["create", "update", "delete"]),
    resourceType: text,
    resourceName: text,
    resourceId: text.optional(),
    wasFree: z.boolean().optional(),
    names: z.record(text, z.unknown()).optional(),
    before: z.record(text, z.unknown()).optional(),
    after: z.record(text, z.unknown()).optional(),
    compensation: compensation.nullable(),
  }),
  accepted: z.looseObject({ ...step, operationId: text, origin: text }),
  // an answer without an id has none in its entry
  done: z.looseObject({ ...step, resourceId: text.optional() }),
  failed: z.looseObject({ ...step, reason: text, isOutcomeUnknown: z.boolean().optional() }),
  commit: z.looseObject({}),
  rollback: z.looseObject({}),
  compensated: z.looseObject(step),
  compensationFailed: z.looseObject(step),
  rolledBack: z.looseObject({}),
};

/** Properties of every entry. `seq` does not order entries: two processes that overlap count from the same number. */
const place = z.looseObject({ transactionId: text, seq: z.int(), at: text });

/**
 * The entries of a log, in the order of its lines. An incomplete last line is ignored: the process died while it wrote the
 * line.
 * @throws UnreadableLogError that names the log, the line, and what to do
 */
export function logEntries(content: string, log: LogPlace): Entry[] {
  const lines = content.split("\n").slice(0, -1);
  return lines.flatMap((line, index) => (line.trim() === "" ? [] : [entryOf(line, index + 1, log)]));
}

function entryOf(line: string, number: number, log: LogPlace): Entry {
  const entry = objectIn(line);
  const file = fileOf(log);
  if (!entry) throw damaged(log, number, "is not a JSON object");
  const { v, kind } = entry;
  if (typeof v !== "number" || !READABLE_FORMATS.includes(v)) {
    if (typeof v !== "number" || v < Math.min(...READABLE_FORMATS))
      throw damaged(log, number, `names format ${shown(v)}, which no version of this project writes`);
    throw new UnreadableLogError(
      `This clone reads format ${READABLE_FORMATS.join(" and ")}; the log ${file} was written with format ${v} by a ` +
        `newer version (line ${number}). ${UPDATE}`,
    );
  }
  if (typeof kind !== "string") throw damaged(log, number, "does not say what kind of entry it is");
  if (!Object.hasOwn(factsByKind, kind)) {
    throw new UnreadableLogError(
      `The log ${file} has an entry of kind ${shown(kind)} in line ${number}, which this clone does not know: it was ` +
        `written by a newer version. ${UPDATE}`,
    );
  }
  const wrong = [place, factsByKind[kind as Entry["kind"]]].flatMap(
    (shape) => shape.safeParse(entry).error?.issues ?? [],
  );
  const [issue] = wrong;
  if (issue) throw damaged(log, number, `has no valid '${issue.path.join(".")}' (an entry of kind '${kind}')`);
  return entry as unknown as Entry;
}

const UPDATE =
  "Nothing was changed. Update this clone (git pull, then npm ci) to the version that wrote it, and run the command again.";

function damaged(log: LogPlace, line: number, how: string): UnreadableLogError {
  return new UnreadableLogError(
    `Line ${line} of the log ${fileOf(log)} ${how}: the file is damaged. Nothing was changed. Mend that line from a backup; ` +
      `or, once you have looked yourself what the transaction made, move the file away: nobody else knows of it then.`,
  );
}

const fileOf = ({ where, name }: LogPlace) => `${where.replace(/\/$/, "")}/${name}`;

/** A value from a log in a message: short, and on one line. */
const shown = (value: unknown) => (JSON.stringify(value) ?? "none").slice(0, 40);

function objectIn(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The stack of a log, so that an unreadable log stops only its own stack. */
export interface LogOwner {
  /** Undefined if neither the log's first line nor its name shows the stack: then it may be any stack's. */
  readonly stack: string | undefined;
  /** Whether the log has a `begin`. */
  readonly hasBegin: boolean;
  /** Whether the log has entries that need a `begin` before them. If an announced log was lost, only ends are written. */
  readonly needsBegin: boolean;
}

/** Finds the stack of a log, even an unreadable one, from its first line or its name. */
export function logOwner(content: string, transactionId: string): LogOwner {
  const lines = content
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.trim() !== "");
  const first = objectIn(lines[0] ?? "");
  const stack = first?.["stack"];
  const hasBegin = first?.["kind"] === "begin";
  const isEnd = (line: string) => ["commit", "rolledBack"].includes(String(objectIn(line)?.["kind"]));
  const needsBegin = !hasBegin && !lines.every(isEnd);
  // the project's own ids begin with the stack's name
  const named = /^(.+)-\d{8}T\d{6}Z-[0-9a-f]{4}(\.rollback)?$/.exec(transactionId)?.[1];
  return { stack: typeof stack === "string" ? stack : named, hasBegin, needsBegin };
}

/** The refusal of a log whose first entry is not `begin`. */
export const withoutBegin = (log: LogPlace): UnreadableLogError =>
  damaged(log, 1, "is not the beginning of a transaction");
