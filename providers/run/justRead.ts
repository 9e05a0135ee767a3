import type { Clock } from "../../lib/clock.ts";

/** Longest age of a list whose entries still show the objects as they are: about the time that a change of one object takes. */
export const JUST_MS = 30_000;

/** One read of a list. */
interface Listed<T> {
  readonly begun: number;
  readonly entries: Promise<readonly T[]>;
}

/**
 * Lists that a run reads in order to change several of their objects: one list takes the place of one read for each object. An
 * entry counts for a short time only, and never for an object that the run has written to since it began, because the list
 * may be older than the write.
 */
export class JustRead {
  readonly #clock: Pick<Clock, "now">;
  readonly #lists = new Map<string, Listed<unknown>>();
  /** Paths that were written to, with the paths above them. */
  readonly #written = new Set<string>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /**
   * The entry of an object in a list.
   * @param path of the list
   * @param ask reads the list
   * @returns undefined if the list does not show the object, or may not show it as it is now
   */
  async entry<T>(path: string, ask: () => Promise<readonly T[]>, isIt: (entry: T) => boolean): Promise<T | undefined> {
    const listed = this.#young<T>(path) ?? this.#read(path, ask);
    const found = (await listed.entries).find(isIt);
    const { id } = (found ?? {}) as { readonly id?: string };
    // a write may have come while the list was on its way
    const isOld = this.#lists.get(path) !== listed || id === undefined || this.#written.has(keyOf(`${path}/${id}`));
    return isOld ? undefined : found;
  }

  /** Notes a write, before it is sent. */
  wrote(path: string): void {
    const parts = keyOf(path).split("/");
    for (let length = 3; length <= parts.length; length++) this.#written.add(parts.slice(0, length).join("/"));
    const [, top, workspaceId = "", family, id] = parts;
    if (top !== "workspaces" || family === undefined) return;
    // an item also has a path of its type: /workspaces/{id}/notebooks/{id}
    if (id !== undefined) this.#written.add(`/${top}/${workspaceId}/items/${id}`);
    // Git changes, adds and removes items and folders
    if (family !== "git") return;
    for (const list of this.#lists.keys())
      if (keyOf(list).startsWith(`/${top}/${workspaceId}/`)) this.#lists.delete(list);
  }

  #young<T>(path: string): Listed<T> | undefined {
    const listed = this.#lists.get(path) as Listed<T> | undefined;
    return listed && this.#clock.now() - listed.begun <= JUST_MS ? listed : undefined;
  }

  #read<T>(path: string, ask: () => Promise<readonly T[]>): Listed<T> {
    const listed = { begun: this.#clock.now(), entries: ask() };
    this.#lists.set(path, listed);
    listed.entries.catch(() => {
      if (this.#lists.get(path) === listed) this.#lists.delete(path);
    });
    return listed;
  }
}

const keyOf = (path: string) => path.toLowerCase().replace(/\/$/, "");
