/** Serialises work that the service refuses in parallel. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work after all earlier work with the same key has ended, in success or failure. */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    this.#last.set(key, own);
    return own;
  }
}
