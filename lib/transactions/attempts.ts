import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { z } from "zod";

/*
 * What a transaction's processes did between the facts of its log: attempts of calls, waits, definitions that were sent. The
 * records lie in a file of their own beside the log, for reports only. No decision depends on them, so they may be incomplete.
 */

/** Part of a definition, as a record holds it. */
const sentPart = z.object({
  path: z.string(),
  /** The content in base64; absent if it is too long for a record. */
  payload: z.string().optional(),
  bytes: z.number(),
});

const place = {
  /** Begin, in ms since the epoch. */
  at: z.number(),
  /** Step of the log during which it happened. */
  step: z.string().optional(),
  /** Work of one resource, as the engine ordered it; it also covers what was read before and after the resource's steps. */
  work: z.string().optional(),
};

const record = z.discriminatedUnion("kind", [
  /** A process has begun. */
  z.object({
    kind: z.literal("process"),
    at: z.number(),
    pid: z.number(),
    /** The service that calls reach: `host`, or `host/tenantId`. */
    reached: z.string(),
    /** Object id of the deploying identity, if its token names it. */
    caller: z.string().optional(),
  }),
  /** One attempt of a call. */
  z.object({
    kind: z.literal("attempt"),
    ...place,
    ms: z.number(),
    method: z.string(),
    /** Path below the host, without query. */
    path: z.string(),
    /** Absent if no answer came. */
    status: z.number().optional(),
    errorCode: z.string().optional(),
    requestId: z.string().optional(),
    /** 1 for the first. */
    attempt: z.number(),
    /** How long the throttle gate held the call back before, in ms; absent if it did not. */
    heldMs: z.number().optional(),
  }),
  /** A wait, with its planned length. */
  z.object({
    kind: z.literal("wait"),
    ...place,
    /** Before a repetition, or for a long-running operation. */
    why: z.enum(["retry", "operation"]),
    ms: z.number(),
  }),
  /** A definition that a step sent. */
  z.object({ kind: z.literal("definition"), ...place, parts: z.array(sentPart) }),
  /** Records that were left out, because there were too many. */
  z.object({ kind: z.literal("lost"), at: z.number(), count: z.number() }),
]);

/** A record beside a log. */
export type AttemptRecord = z.output<typeof record>;
/** One attempt of a call. */
export type AttemptOfCall = Extract<AttemptRecord, { kind: "attempt" }>;

/** The records of a file. Damaged lines, and records of other versions, are left out. */
export function attemptsIn(content: string): AttemptRecord[] {
  return content.split("\n").flatMap((line) => {
    try {
      const read = record.safeParse(JSON.parse(line));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}

/** Where records belong that are made now. */
export interface PlaceOfRecord {
  readonly work?: string;
  readonly step?: string;
}

const current = new AsyncLocalStorage<PlaceOfRecord>();

/** Where records belong that are made now. */
export const placeOfRecords = (): PlaceOfRecord => current.getStore() ?? {};

/** Runs the work of one resource: its records belong together. */
export const inWork = <T>(work: () => Promise<T>): Promise<T> =>
  current.run({ work: randomBytes(4).toString("hex") }, work);

/** Runs a step of the log: its records belong to it. */
export const inStep = <T>(step: string, work: () => Promise<T>): Promise<T> =>
  current.run({ ...placeOfRecords(), step }, work);
