import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Anything the emulator keeps. */
export interface Stored {
  readonly id: string;
}

/** What the machinery knows of a collection: its name in the store, and how its objects hang together with those of others. */
export interface CollectionDeclaration {
  readonly name: string;
  /** By the name of another collection, the property that holds the id of the owner. An object is deleted with its owner. */
  readonly ownedBy: Readonly<Record<string, string>>;
  /** By the name of another collection, the property that holds the id of the container. A container that holds something is not empty. */
  readonly liesIn: Readonly<Record<string, string>>;
}

/** What happened to one object: its new value, or null when it was removed. */
interface Mutation {
  readonly in: string;
  readonly id: string;
  readonly is: Stored | null;
}

/** Objects of one kind by id, in the order they were made. Ids are compared without case. */
export class Collection<T extends Stored> {
  readonly #objects = new Map<string, T>();
  readonly #record: (id: string, value: T | null) => void;

  constructor(record: (id: string, value: T | null) => void) {
    this.#record = record;
  }
  get(id: string): T | undefined {
    return this.#objects.get(id.toLowerCase());
  }
  all(): T[] {
    return [...this.#objects.values()];
  }
  put(value: T): T {
    this.#objects.set(value.id.toLowerCase(), value);
    this.#record(value.id, value);
    return value;
  }
  /** Changes some properties of an object that is there. */
  change(id: string, changes: Partial<T>): T {
    const now = this.get(id);
    if (!now) throw new Error(`There is no ${id} to change.`);
    return this.put({ ...now, ...changes });
  }
  delete(id: string): boolean {
    const existed = this.#objects.delete(id.toLowerCase());
    if (existed) this.#record(id, null);
    return existed;
  }
  /** Takes a value from the journal, without writing it there again. */
  replay(id: string, value: T | null): void {
    if (value) this.#objects.set(id.toLowerCase(), value);
    else this.#objects.delete(id.toLowerCase());
  }
  clear(): void {
    this.#objects.clear();
  }
}

/**
 * The emulator's objects, in memory and, where a folder is given, in a journal of mutations: one appended line each, so a
 * mutation costs the same however many objects there are. The journal is written anew at every start.
 */
export class Store {
  readonly #collections = new Map<string, Collection<Stored>>();
  readonly #journal: string | undefined;

  constructor(folder?: string) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    this.#journal = join(folder, "journal.jsonl");
    if (existsSync(this.#journal)) this.#load(this.#journal);
    this.#compact();
  }

  /** Whether nothing was ever stored. */
  get isEmpty(): boolean {
    return [...this.#collections.values()].every((collection) => collection.all().length === 0);
  }

  collection<T extends Stored>(name: string): Collection<T> {
    const known = this.#collections.get(name);
    if (known) return known as unknown as Collection<T>;
    const made = new Collection<T>((id, is) => this.#append({ in: name, id, is }));
    this.#collections.set(name, made as unknown as Collection<Stored>);
    return made;
  }

  /** Everything, by collection. */
  snapshot(): Record<string, Stored[]> {
    return Object.fromEntries([...this.#collections].map(([name, collection]) => [name, collection.all()]));
  }

  /** Forgets everything. */
  clear(): void {
    for (const collection of this.#collections.values()) collection.clear();
    if (this.#journal) rmSync(this.#journal, { force: true });
  }

  #append(mutation: Mutation): void {
    if (this.#journal) appendFileSync(this.#journal, `${JSON.stringify(mutation)}\n`, { mode: 0o600 });
  }

  #load(journal: string): void {
    // a last line without its end was being written when the process died
    for (const line of readFileSync(journal, "utf8").split("\n").slice(0, -1)) {
      const { in: name, id, is } = JSON.parse(line) as Mutation;
      this.collection(name).replay(id, is);
    }
  }

  #compact(): void {
    if (!this.#journal || !existsSync(this.#journal)) return;
    const lines = Object.entries(this.snapshot()).flatMap(([name, objects]) =>
      objects.map((is) => `${JSON.stringify({ in: name, id: is.id, is } satisfies Mutation)}\n`),
    );
    const fresh = `${this.#journal}.new`;
    writeFileSync(fresh, lines.join(""), { mode: 0o600 });
    const file = openSync(fresh, "r");
    fsyncSync(file);
    closeSync(file);
    renameSync(fresh, this.#journal);
  }
}
