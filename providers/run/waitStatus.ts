import type { Wait } from "../../lib/api/fabricCall.ts";

/** Pause between two texts. */
const EVERY_MS = 1_000;
/** Shortest wait that is worth a word. */
const LONG_MS = 2_000;

const WORDS: Readonly<Record<Wait["why"] | "quota", string>> = {
  operation: "an operation",
  retry: "a repetition",
  quota: "the quota",
};

/** What a run waits for at present, as one short text that changes each second. */
export class WaitStatus {
  readonly #show: (text: string) => void;
  readonly #now: () => number;
  /** Ends of the waits by their reason. */
  readonly #ends = new Map<Wait["why"] | "quota", number[]>();
  #timer: NodeJS.Timeout | undefined;

  /** @param show called at most once a second, and with an empty text when nothing is waited for any more */
  constructor(show: (text: string) => void, now: () => number = () => performance.now()) {
    this.#show = show;
    this.#now = now;
  }

  /** A wait begins. */
  begin(why: Wait["why"] | "quota", ms: number): void {
    if (ms < LONG_MS) return;
    // several calls may be told of the same pause of the gate
    const known = why === "quota" ? [] : (this.#ends.get(why) ?? []);
    this.#ends.set(why, [...known, this.#now() + ms]);
    if (this.#timer !== undefined) return;
    this.#show(this.text());
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref();
  }

  /** `waits for the quota (8 s), an operation × 3 (12 s)`; empty if for nothing. */
  text(): string {
    const now = this.#now();
    const parts = [...this.#ends].flatMap(([why, ends]) => {
      const running = ends.filter((end) => end > now);
      if (running.length === 0) return [];
      const count = running.length > 1 ? ` × ${running.length}` : "";
      return [`${WORDS[why]}${count} (${Math.ceil((Math.max(...running) - now) / 1_000)} s)`];
    });
    return parts.length === 0 ? "" : `waits for ${parts.join(", ")}`;
  }

  #tick(): void {
    const text = this.text();
    this.#show(text);
    if (text !== "") return;
    this.#ends.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
