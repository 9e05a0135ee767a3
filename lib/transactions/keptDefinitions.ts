import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { DefinitionPart } from "../api/itemDefinition.ts";
import type { LogStore } from "../logStore/logStore.ts";
import { definitionsFolder } from "./transactionFiles.ts";

/**
 * Definitions of items from before a transaction changed or deleted them, compressed, beside its log. A rollback needs these
 * copies: by then, the files of the definitions have changed.
 */
export class KeptDefinitions {
  readonly #store: LogStore;
  readonly #transactionId: () => string | undefined;
  readonly #isRollback: boolean;
  readonly #isKeeping: boolean;

  constructor(
    store: LogStore,
    transaction: {
      /** Called each time: a process may not know the id before its first write. */
      readonly transactionId: () => string | undefined;
      readonly isRollback: boolean;
      readonly isKeeping: boolean;
    },
  ) {
    this.#store = store;
    this.#isRollback = transaction.isRollback;
    this.#isKeeping = transaction.isKeeping;
    this.#transactionId = transaction.transactionId;
  }

  /** Whether this process is part of a transaction that may be rolled back. */
  get isKeeping(): boolean {
    return this.#isKeeping && !this.#isRollback && this.#folder !== undefined;
  }

  /** Keeps a definition. The first one per key and transaction counts. */
  async keep(key: string, parts: readonly DefinitionPart[]): Promise<void> {
    if (!this.#folder || (await this.has(key))) return;
    await this.#store.write(this.#file(key), gzipSync(JSON.stringify(parts)));
  }

  /** Keeps a definition in place of one that was kept under that key before. */
  async keepInstead(key: string, parts: readonly DefinitionPart[]): Promise<void> {
    if (this.#folder) await this.#store.write(this.#file(key), gzipSync(JSON.stringify(parts)));
  }

  /** Removes a definition that was kept. */
  async drop(key: string): Promise<void> {
    if (this.#folder) await this.#store.remove(this.#file(key));
  }

  /** Whether a definition was kept. */
  async has(key: string): Promise<boolean> {
    return this.#folder !== undefined && (await this.#store.read(this.#file(key))) !== undefined;
  }

  /** The kept definition; undefined except in a rollback. */
  async kept(key: string): Promise<readonly DefinitionPart[] | undefined> {
    return this.#isRollback ? this.noted(key) : undefined;
  }

  /** A definition that this transaction has kept, in every run of it. */
  async noted(key: string): Promise<readonly DefinitionPart[] | undefined> {
    const content = this.#folder ? await this.#store.read(this.#file(key)) : undefined;
    return content && (JSON.parse(gunzipSync(content).toString()) as DefinitionPart[]);
  }

  get #folder(): string | undefined {
    const transactionId = this.#transactionId();
    return transactionId ? definitionsFolder(transactionId) : undefined;
  }

  #file(key: string): string {
    return `${this.#folder ?? ""}${fileNameOf(key)}`;
  }
}

const fileNameOf = (key: string) => `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json.gz`;

/** A definition that a transaction has kept, for reports; undefined if there is none under that key. */
export async function keptDefinition(
  store: LogStore,
  transactionId: string,
  key: string,
): Promise<readonly DefinitionPart[] | undefined> {
  const content = await store.read(`${definitionsFolder(transactionId)}${fileNameOf(key)}`);
  return content && (JSON.parse(gunzipSync(content).toString()) as DefinitionPart[]);
}
