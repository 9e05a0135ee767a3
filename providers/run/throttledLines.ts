/** Pause between two lines. */
const EVERY_MS = 15_000;
/** Shortest wait that is worth a line. */
const LONG_MS = 5_000;

/** Says, while a run waits because the service throttles it, what is waited for and until when: at once, then every 15 s. */
export class ThrottledLines {
  readonly #say: (line: string) => void;
  readonly #now: () => number;
  /** End of the wait of each call, by its name. */
  readonly #ends = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param say called with each line, which ends with a line end */
  constructor(say: (line: string) => void, now: () => number = () => Date.now()) {
    this.#say = say;
    this.#now = now;
  }

  /**
   * A wait begins.
   * @param what the call that waits: `POST /workspaces/{id}/items`
   */
  begin(what: string, ms: number): void {
    if (ms < LONG_MS && this.#timer === undefined) return;
    this.#ends.set(what, Math.max(this.#ends.get(what) ?? 0, this.#now() + ms));
    if (this.#timer !== undefined) return;
    this.#say(this.#line());
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref();
  }

  #tick(): void {
    for (const [what, end] of this.#ends) if (end <= this.#now()) this.#ends.delete(what);
    if (this.#ends.size > 0) return this.#say(this.#line());
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #line(): string {
    const [[first = "calls"] = [], ...others] = [...this.#ends];
    const end = Math.max(...this.#ends.values());
    const what = others.length > 0 ? `${first} and ${others.length} more wait` : `${first} waits`;
    const seconds = Math.ceil((end - this.#now()) / 1_000);
    return (
      `The service's quota for this identity is used up: ${what} until ${new Date(end).toISOString().slice(11, 19)} UTC ` +
      `(${seconds} s). Nothing is lost.\n`
    );
  }
}
