/** Answers of the service that a run asks for once and then shares. */
export class OnceInARun {
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #begun = new Set<string>();

  /** The answer under a key. A failed answer is asked for again. */
  get<T>(key: string, ask: () => Promise<T>): Promise<T> {
    return (this.#answers.get(key) as Promise<T> | undefined) ?? this.#keep(key, ask());
  }

  /** Whether this is the first call with a name. */
  isFirst(what: string): boolean {
    const isFirst = !this.#begun.has(what);
    this.#begun.add(what);
    return isFirst;
  }

  /** Adds a new object to its list, if the run has that list, so that the list need not be read again. */
  add(list: string, made: object): void {
    const known = this.#answers.get(list) as Promise<object[]> | undefined;
    if (known)
      void this.#keep(
        list,
        known.then((all) => [...all, made]),
      );
  }

  /** Takes a deleted object out of its list by its path, so that the list need not be read again. */
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

  /** Forgets the lists that a write to a path has made stale. Keys are paths of lists. */
  forget(path: string): void {
    const [, , workspaceId = "", family = ""] = path.split("/");
    // the write changed a workspace's name, description or capacity, or deleted the workspace
    const isOfWorkspace = ["", "assignToCapacity", "unassignFromCapacity"].includes(family);
    // Git adds and removes items and folders
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
