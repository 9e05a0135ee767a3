/** While there is one, this process outlives Ctrl-C, SIGTERM and a closed terminal: what it began has to be ended well. */
export class Patience implements Disposable {
  readonly #signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  readonly #note = () => (this.#isTried = true);
  #isTried = false;

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#note);
  }

  /** Whether one of these signals has come. */
  get isTried(): boolean {
    return this.#isTried;
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#note);
  }
}
