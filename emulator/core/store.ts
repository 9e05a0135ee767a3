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

/** Any object that the emulator stores. */
export interface Stored {
  readonly id: string;
}

/** The declaration of a collection: its name in the store, and the relations of its objects to other objects. */
export interface CollectionDeclaration {
  readonly name: string;
  /** Property with the id of the owner, by the name of the owner's collection. An object is deleted with its owner. */
  readonly ownedBy: Readonly<Record<string, string>>;
  /**
   * Property with the id of the container, by the name of the container's collection. A container with objects is not empty.
   */
  readonly liesIn: Readonly<Record<string, string>>;
  /** What the portal shows of an object beside its properties, by the object's id. */
  readonly shows?: ((id: string, service: never) => Readonly<Record<string, unknown>>) | undefined;
}

/** A mutation of one object: its new value, or null if it was removed. */
interface Mutation {
  readonly in: string;
  readonly id: string;
  readonly is: Stored | null;
}

/** Objects of one kind by id, in the order of their creation. Ids are compared without case. */
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
  /** Changes some properties of an existing object. */
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
  /** Applies a value from the journal, without recording it again. */
  replay(id: string, value: T | null): void {
    if (value) this.#objects.set(id.toLowerCase(), value);
    else this.#objects.delete(id.toLowerCase());
  }
  clear(): void {
    this.#objects.clear();
  }
}

/**
 * The emulator's objects in memory, and, with a folder, in a journal of mutations. Each mutation appends one line, so its cost
 * does not depend on the number of objects. Every start rewrites the journal.
 */
export class Store {
  readonly #collections = new Map<string, Collection<Stored>>();
  readonly #journal: string | undefined;
  /** Called after each mutation; null if the object was removed. */
  onChange: ((collection: string, id: string, value: Stored | null) => void) | undefined;

  constructor(folder?: string) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    this.#journal = join(folder, "journal.jsonl");
    if (existsSync(this.#journal)) this.#load(this.#journal);
    this.#compact();
  }

  /** Whether the store holds no objects. */
  get isEmpty(): boolean {
    return [...this.#collections.values()].every((collection) => collection.all().length === 0);
  }

  collection<T extends Stored>(name: string): Collection<T> {
    const known = this.#collections.get(name);
    if (known) return known as unknown as Collection<T>;
    const made = new Collection<T>((id, is) => {
      this.#append({ in: name, id, is });
      this.onChange?.(name, id, is);
    });
    this.#collections.set(name, made as unknown as Collection<Stored>);
    return made;
  }

  /** All objects, by collection. */
  snapshot(): Record<string, Stored[]> {
    return Object.fromEntries([...this.#collections].map(([name, collection]) => [name, collection.all()]));
  }

  /** Removes all objects. */
  clear(): void {
    for (const collection of this.#collections.values()) collection.clear();
    if (this.#journal) rmSync(this.#journal, { force: true });
  }

  #append(mutation: Mutation): void {
    if (this.#journal) appendFileSync(this.#journal, `${JSON.stringify(mutation)}\n`, { mode: 0o600 });
  }

  #load(journal: string): void {
    // an incomplete last line was being written when the process died
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
