import type { Attempt, Wait } from "../api/fabricCall.ts";
import type { Appender, LogStore } from "../logStore/logStore.ts";
import { Redaction } from "../telemetry/redaction.ts";
import { placeOfRecords } from "./attempts.ts";
import type { AttemptRecord } from "./attempts.ts";
import { attemptsFile } from "./transactionFiles.ts";

/** Pause between writes. */
const WRITE_EVERY_MS = 1_000;
/** Longest time that the end of a process waits for the last write. */
const CLOSE_DEADLINE_MS = 500;
/** Most records that wait for a write. */
const MOST_WAITING = 5_000;
/** Most bytes of contents that wait for a write. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
/** Most bytes that one process writes. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Longest part of a definition that is recorded with its content, in bytes of base64. */
const LONGEST_PART = 48 * 1024;

/** Settings, most of them for tests. */
export interface AttemptsWriterOptions {
  /** @default {@link WRITE_EVERY_MS} */
  readonly writeEveryMs?: number;
  /** @default {@link MOST_WAITING} */
  readonly mostWaiting?: number;
  /** @default {@link MOST_BYTES} */
  readonly mostBytes?: number;
  /** @default {@link CLOSE_DEADLINE_MS} */
  readonly closeDeadlineMs?: number;
  /** Finds secrets. A file that holds one is recorded without its content. @default those of the environment */
  readonly redaction?: Pick<Redaction, "text">;
  /** A text with the names of variables in place of the values that the run has put into definitions. @default as it is */
  readonly withoutValues?: (text: string) => string;
}

/** A part of a definition, as a call sends it. */
interface SentPart {
  readonly path: string;
  readonly payload: string;
}

/**
 * Writes the records of one process beside its transaction's log. Nobody waits for a write: records collect in memory and are
 * written once a second. A record that finds no room is counted and left out; a place that refuses a write gets no other one.
 * Nothing is written before the process has joined a transaction, so that no file is left without a log.
 */
export class AttemptsWriter {
  readonly #store: LogStore;
  readonly #transactionId: () => string | undefined;
  readonly #options: Required<AttemptsWriterOptions>;
  #waiting: AttemptRecord[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #bytes = 0;
  #file: Promise<Appender> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isGivenUp = false;

  /** @param transactionId called before each write; undefined as long as no log exists */
  constructor(store: LogStore, transactionId: () => string | undefined, options: AttemptsWriterOptions = {}) {
    this.#store = store;
    this.#transactionId = transactionId;
    this.#options = {
      writeEveryMs: WRITE_EVERY_MS,
      mostWaiting: MOST_WAITING,
      mostBytes: MOST_BYTES,
      closeDeadlineMs: CLOSE_DEADLINE_MS,
      redaction: new Redaction(process.env, () => []),
      withoutValues: (text) => text,
      ...options,
    };
  }

  /** Notes what the process reaches, and as whom. */
  process(reached: string, caller: string | undefined): void {
    this.#note({ kind: "process", at: Date.now(), pid: process.pid, reached, ...(caller && { caller }) });
  }

  /** Notes an attempt that has ended. */
  attempt({ method, path, status, errorCode, requestId, attempt, durationMs, heldMs }: Attempt): void {
    const ms = Math.round(durationMs);
    this.#note({
      kind: "attempt",
      at: Date.now() - ms,
      ms,
      method,
      path,
      attempt,
      ...(status !== undefined && { status }),
      ...(errorCode !== undefined && { errorCode }),
      ...(requestId !== undefined && { requestId }),
      ...(heldMs >= 1 && { heldMs: Math.round(heldMs) }),
      ...placeOfRecords(),
    });
  }

  /** Notes a wait that begins. */
  wait({ why, ms }: Wait): void {
    this.#note({ kind: "wait", at: Date.now(), why, ms: Math.round(ms), ...placeOfRecords() });
  }

  /** Notes the definition in the body of a call, if there is one. */
  sent(body: unknown): void {
    const parts = partsIn(body);
    if (parts === undefined) return;
    const noted = parts.map(({ path, payload }) => {
      const bytes = Math.floor((payload.length * 3) / 4);
      const recorded = this.#withoutValues(payload);
      return { path, bytes, ...(this.#isRecorded(recorded) && { payload: recorded }) };
    });
    this.#note({ kind: "definition", at: Date.now(), parts: noted, ...placeOfRecords() });
  }

  /** Writes what waits, for at most half a second. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const deadline = setTimeout(resolve, this.#options.closeDeadlineMs);
    this.#write();
    await Promise.race([this.#writing.then(() => this.#closeFile()), late]);
    clearTimeout(deadline);
  }

  /** Content in base64 without the values of variables. */
  #withoutValues(payload: string): string {
    const text = Buffer.from(payload, "base64").toString();
    const masked = this.#options.withoutValues(text);
    return masked === text ? payload : Buffer.from(masked).toString("base64");
  }

  /** Whether the content of a file is recorded: it is short, finds room, and holds no secret. */
  #isRecorded(payload: string): boolean {
    if (payload.length > LONGEST_PART || this.#waitingBytes + payload.length > MOST_WAITING_BYTES) return false;
    const text = Buffer.from(payload, "base64").toString();
    if (this.#options.redaction.text(text) !== text) return false;
    this.#waitingBytes += payload.length;
    return true;
  }

  #note(record: AttemptRecord): void {
    if (this.#isGivenUp || this.#waiting.length >= this.#options.mostWaiting) {
      this.#lost++;
      return;
    }
    this.#waiting.push(record);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, this.#options.writeEveryMs).unref();
  }

  /** Hands what waits to the file. Writes follow one another, and none throws. */
  #write(): void {
    const transactionId = this.#transactionId();
    if (transactionId === undefined || this.#isGivenUp) return;
    const records = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writing = this.#writing
      .then(() => this.#append(transactionId, records))
      .catch(() => {
        this.#isGivenUp = true;
      });
  }

  async #append(transactionId: string, records: readonly AttemptRecord[]): Promise<void> {
    const lines: string[] = [];
    for (const record of records) {
      const line = `${JSON.stringify(record)}\n`;
      if (this.#bytes + line.length > this.#options.mostBytes) {
        this.#lost++;
        continue;
      }
      this.#bytes += line.length;
      lines.push(line);
    }
    if (this.#lost > 0) {
      const lost: AttemptRecord = { kind: "lost", at: Date.now(), count: this.#lost };
      lines.push(`${JSON.stringify(lost)}\n`);
      this.#lost = 0;
    }
    if (lines.length === 0) return;
    this.#file ??= this.#store.appender(attemptsFile(transactionId), { isDurable: false });
    await (await this.#file).append(lines.join(""));
  }

  async #closeFile(): Promise<void> {
    await (await this.#file?.catch(() => undefined))?.close();
  }
}

/** The parts of the definition in a body. */
function partsIn(body: unknown): readonly SentPart[] | undefined {
  if (typeof body !== "object" || body === null || !("definition" in body)) return undefined;
  const { definition } = body;
  if (typeof definition !== "object" || definition === null || !("parts" in definition)) return undefined;
  const { parts } = definition;
  return Array.isArray(parts) ? (parts as readonly SentPart[]) : undefined;
}
