import { createHash } from "node:crypto";
import { z } from "zod";

/*
 * The history of a stack: a line for each log that has ended, with the hash of the log's bytes and the hash of the line
 * before. A log, or a line, that somebody changes or takes away later no longer fits. The history outlives its logs, which are
 * pruned. Everything here is pure.
 */

const text = z.string();
const link = { v: z.literal(1), prev: text, hash: text };

const endedLog = z.object({
  ...link,
  kind: z.literal("ended"),
  transactionId: text,
  /** ISO 8601. */
  began: text,
  ended: text,
  outcome: z.enum(["committed", "rolledBack", "incomplete", "open", "nothing"]),
  isTransaction: z.boolean(),
  counts: z.object({ created: z.number(), updated: z.number(), deleted: z.number(), failed: z.number() }),
  command: text.optional(),
  by: text.optional(),
  commit: text.optional(),
  branch: text.optional(),
  /** SHA-256 of each log by its file name: the transaction's own and its rollback's. */
  logs: z.record(text, text),
});

const historyLine = z.discriminatedUnion("kind", [
  endedLog,
  /** Logs that were removed because of their age. */
  z.object({ ...link, kind: z.literal("pruned"), at: text, logs: z.array(text) }),
]);

/** A line of a history. */
export type HistoryLine = z.output<typeof historyLine>;
/** The line of a log that has ended. */
export type EndedLog = Extract<HistoryLine, { kind: "ended" }>;
/** A line that has no place yet. */
export type NewLine =
  Omit<EndedLog, "v" | "prev" | "hash"> | Omit<Extract<HistoryLine, { kind: "pruned" }>, "v" | "prev" | "hash">;

/** The link before the first one. */
const FIRST = "0".repeat(64);

/** SHA-256 in hexadecimal digits. */
export const hashOf = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** The lines of a history, as far as they can be read. */
export interface History {
  readonly lines: readonly HistoryLine[];
  /** What shows that somebody has changed the history itself. */
  readonly problems: readonly string[];
  /** Hash of the last line: who notes it elsewhere can tell later that nothing before it was changed. */
  readonly head: string;
}

/** Reads a history, and follows its chain. A torn last line is ignored. */
export function readHistory(content: string): History {
  const lines: HistoryLine[] = [];
  const problems: string[] = [];
  let head = FIRST;
  for (const [index, line] of content.split("\n").slice(0, -1).entries()) {
    const read = parsed(line);
    const which = `line ${index + 1} of the history`;
    if (!read) {
      problems.push(`${which} cannot be read`);
      continue;
    }
    const { hash, ...rest } = read.raw;
    if (hashOf(JSON.stringify(rest)) !== hash) problems.push(`${which} was changed (${nameOf(read.line)})`);
    else if (read.line.prev !== head) problems.push(`before ${which} something is missing or was changed`);
    head = read.line.hash;
    lines.push(read.line);
  }
  return { lines, problems, head };
}

const nameOf = (line: HistoryLine) => (line.kind === "ended" ? line.transactionId : line.kind);

function parsed(line: string): { raw: Readonly<Record<string, unknown>>; line: HistoryLine } | undefined {
  try {
    const raw = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const read = historyLine.safeParse(raw);
    return read.success ? { raw, line: read.data } : undefined;
  } catch {
    return undefined;
  }
}

/** Lines as text, chained to the ones before. @param head of the history before */
export function chained(head: string, lines: readonly NewLine[]): string {
  let prev = head;
  return lines
    .map((line) => {
      const rest = { v: 1, ...line, prev };
      prev = hashOf(JSON.stringify(rest));
      return `${JSON.stringify({ ...rest, hash: prev })}\n`;
    })
    .join("");
}

/**
 * What of the logs does not fit the history any more.
 * @param hashes of the logs that are there, by file name
 */
export function problemsOfLogs(lines: readonly HistoryLine[], hashes: ReadonlyMap<string, string>): string[] {
  const pruned = new Set(lines.flatMap((line) => (line.kind === "pruned" ? line.logs : [])));
  // a log may have gone on after an end, as one that was adopted again: its last line counts
  const last = new Map(lines.flatMap((line) => (line.kind === "ended" ? Object.entries(line.logs) : [])));
  return [...last].flatMap(([name, hash]) => {
    const now = hashes.get(name);
    if (now === undefined) return pruned.has(name) ? [] : [`the log ${name} is missing`];
    return now === hash ? [] : [`the log ${name} was changed after it had ended`];
  });
}
