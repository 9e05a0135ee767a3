/** Answers that are asked for once in a run, and shared by everybody who wants them. */
export class OnceInARun {
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #begun = new Set<string>();

  /** The answer under a key; a failed one is asked for again. */
  get<T>(key: string, ask: () => Promise<T>): Promise<T> {
    return (this.#answers.get(key) as Promise<T> | undefined) ?? this.#keep(key, ask());
  }

  /** Whether this is the first call with a name. */
  isFirst(what: string): boolean {
    const isFirst = !this.#begun.has(what);
    this.#begun.add(what);
    return isFirst;
  }

  /** Adds an object that was made to its list, where that is known, so that it need not be asked for again. */
  add(list: string, made: object): void {
    const known = this.#answers.get(list) as Promise<object[]> | undefined;
    if (known)
      void this.#keep(
        list,
        known.then((all) => [...all, made]),
      );
  }

  /** Takes an object that was deleted, by its path, out of its list, so that the list need not be asked for again. */
  remove(path: string): void {
    const [id = "", ...above] = path.split("/").toReversed();
    const list = above.toReversed().join("/");
    const known = this.#answers.get(list) as Promise<{ id?: string }[]> | undefined;
    const isIt = (entry: { id?: string }) => entry.id?.toLowerCase() === id.toLowerCase();
    for (const key of this.#answers.keys()) if (key.startsWith(`${path}/`)) this.#answers.delete(key);
    if (known)
      void this.#keep(
        list,
        known.then((all) => all.filter((entry) => !isIt(entry))),
      );
  }

  /** Forgets the lists that a write to a path has made old. Keys are paths of lists. */
  forget(path: string): void {
    const [, , workspaceId = "", family = ""] = path.split("/");
    // a new name, description or capacity of a workspace, or its end
    const isOfWorkspace = ["", "assignToCapacity", "unassignFromCapacity"].includes(family);
    // Git brings items and folders, and takes them away
    const bySync = family === "git" ? `/workspaces/${workspaceId}/` : undefined;
    for (const key of this.#answers.keys()) {
      const isOld = bySync === undefined ? path.startsWith(key) : key.startsWith(bySync);
      if (key === "/workspaces" ? isOfWorkspace : isOld) this.#answers.delete(key);
    }
  }

  #keep<T>(key: string, answer: Promise<T>): Promise<T> {
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }
}
