import { z } from "zod";
import type { Entry } from "./entry.ts";

/*
 * The text of a transaction log as its entries. What is in a log decides what is undone and what is forgotten, so nothing
 * in it is skipped: a format, a kind of entry or a line that this version does not understand is refused.
 */

/** Versions of the format that this version of the project reads; the last one is what it writes. */
export const READABLE_FORMATS: readonly number[] = [1, 2];

/** Where a log lies, for messages. */
export interface LogPlace {
  /** The store: a path or an URL. */
  readonly where: string;
  /** Name of its file there. */
  readonly name: string;
}

/** A log that this version cannot read whole, and so must neither undo, end, prune nor write beside. */
export class UnreadableLogError extends Error {
  override readonly name = "UnreadableLogError";
}

const text = z.string();
const step = { step: text };

const compensation = z.looseObject({ function: text, args: z.record(text, z.unknown()) });

/** The kinds of entry of this version. Further keys in an entry are left alone. */
const factsByKind: Readonly<Record<Entry["kind"], z.ZodType>> = {
  begin: z.looseObject({ stack: text, enableRollback: z.boolean() }),
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
  // an answer that held no id was noted without one
  done: z.looseObject({ ...step, resourceId: text.optional() }),
  failed: z.looseObject({ ...step, reason: text, isOutcomeUnknown: z.boolean().optional() }),
  commit: z.looseObject({}),
  rollback: z.looseObject({}),
  compensated: z.looseObject(step),
  compensationFailed: z.looseObject(step),
  rolledBack: z.looseObject({}),
};

/** What every entry has. `seq` does not order them: two processes that overlap count from the same number. */
const place = z.looseObject({ transactionId: text, seq: z.int(), at: text });

/**
 * The entries of a log, in the order of its lines. A last line without its end was being written when the process died,
 * and does not count.
 * @throws UnreadableLogError naming the log, the line, and what to do
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

/** Which stack a log belongs to, so that one that cannot be read stops only the stack whose it is. */
export interface LogOwner {
  /** Undefined if neither its first line nor its name says so: then it may be any stack's. */
  readonly stack: string | undefined;
  /** It has a beginning. */
  readonly hasBegin: boolean;
  /** It has something that a beginning must come before: ends alone are what an announced log that was lost left. */
  readonly needsBegin: boolean;
}

/** Whose a log is, told without believing more of it than its first line, whatever wrote it. */
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
  // ids that this project makes begin with the stack's name
  const named = /^(.+)-\d{8}T\d{6}Z-[0-9a-f]{4}(\.rollback)?$/.exec(transactionId)?.[1];
  return { stack: typeof stack === "string" ? stack : named, hasBegin, needsBegin };
}

/** The refusal of a log that does not begin with its beginning. */
export const withoutBegin = (log: LogPlace): UnreadableLogError =>
  damaged(log, 1, "is not the beginning of a transaction");
