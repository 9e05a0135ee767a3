/** Answers that are asked for once in a run, and shared by everybody who wants them. */
export class OnceInARun {
  readonly #answers = new Map<string, Promise<unknown>>();

  /** The answer under a key; a failed one is asked for again. */
  get<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key) as Promise<T> | undefined;
    if (known) return known;
    const asked = ask();
    this.#answers.set(key, asked);
    asked.catch(() => this.#answers.delete(key));
    return asked;
  }

  /** Forgets the lists that a write to a path has made old. Keys are paths of lists. */
  forget(path: string): void {
    const isOfWorkspace = /^\/workspaces\/[^/]+$/.test(path);
    for (const key of this.#answers.keys()) {
      if (key === "/workspaces" ? isOfWorkspace : path.startsWith(key)) this.#answers.delete(key);
    }
  }
}
