import { isDeepStrictEqual } from "node:util";
import type { Store, Stored } from "../core/store.ts";

/** A value that an object had. */
export interface Version {
  /** ISO 8601. */
  readonly at: string;
  readonly value: Stored;
}

/** Most versions of one object. */
const MOST_VERSIONS = 10;
/** Most objects with versions; the ones that changed longest ago go first. */
const MOST_OBJECTS = 1_000;

/** The last values of each object, in memory, from the start of the portal on. */
export class Versions {
  readonly #byObject = new Map<string, Version[]>();
  /** Counts up with each mutation of the store. */
  count = 0;

  constructor(store: Store, now: () => number) {
    store.onChange = (collection, id, value) => {
      this.count++;
      const key = keyOf(collection, id);
      if (value === null) {
        this.#byObject.delete(key);
        return;
      }
      const known = this.#byObject.get(key) ?? [];
      if (isDeepStrictEqual(known.at(-1)?.value, value)) return;
      this.#byObject.delete(key);
      this.#byObject.set(key, [...known, { at: new Date(now()).toISOString(), value }].slice(-MOST_VERSIONS));
      const [oldest] = this.#byObject.keys();
      if (this.#byObject.size > MOST_OBJECTS && oldest !== undefined) this.#byObject.delete(oldest);
    };
  }

  /** The versions of an object, oldest first. The last one is its present value. */
  of(collection: string, id: string): readonly Version[] {
    return this.#byObject.get(keyOf(collection, id)) ?? [];
  }
}

const keyOf = (collection: string, id: string) => `${collection} ${id.toLowerCase()}`;
