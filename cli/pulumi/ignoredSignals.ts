/** While an instance exists, the process survives Ctrl-C, SIGTERM and a closed terminal, to finish what it has begun. */
export class IgnoredSignals implements Disposable {
  readonly #signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  readonly #note = () => (this.#haveCome = true);
  #haveCome = false;

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#note);
  }

  /** Whether one of these signals has come. */
  get haveCome(): boolean {
    return this.#haveCome;
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#note);
  }
}
