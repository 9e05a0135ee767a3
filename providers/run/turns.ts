/** Work that is done one after the other, because the service refuses two of it at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does some work when everything before it under the same key has ended, however that ended. */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    this.#last.set(key, own);
    return own;
  }
}
