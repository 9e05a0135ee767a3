import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { DefinitionPart } from "../api/itemDefinition.ts";
import type { LogStore } from "../logStore/logStore.ts";
import { definitionsFolder } from "./transactionFiles.ts";

/**
 * Definitions of items as they were before a transaction changed or deleted them, compressed, beside its log. A rollback
 * takes them from there: the files they once came from have changed by then.
 */
export class KeptDefinitions {
  readonly #store: LogStore;
  readonly #transactionId: () => string | undefined;
  readonly #isRollback: boolean;
  readonly #isKeeping: boolean;

  constructor(
    store: LogStore,
    transaction: {
      /** Asked each time: a process knows it when it is about to write, and not when it reads. */
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

  /** Keeps a definition; the first of a transaction is the one that counts. */
  async keep(key: string, parts: readonly DefinitionPart[]): Promise<void> {
    if (!this.#folder || (await this.has(key))) return;
    await this.#store.write(this.#file(key), gzipSync(JSON.stringify(parts)));
  }

  /** Whether a definition was kept. */
  async has(key: string): Promise<boolean> {
    return this.#folder !== undefined && (await this.#store.read(this.#file(key))) !== undefined;
  }

  /** What was kept; only a rollback is given it. */
  async kept(key: string): Promise<readonly DefinitionPart[] | undefined> {
    const content = this.#isRollback && this.#folder ? await this.#store.read(this.#file(key)) : undefined;
    return content && (JSON.parse(gunzipSync(content).toString()) as DefinitionPart[]);
  }

  get #folder(): string | undefined {
    const transactionId = this.#transactionId();
    return transactionId ? definitionsFolder(transactionId) : undefined;
  }

  #file(key: string): string {
    return `${this.#folder ?? ""}${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json.gz`;
  }
}
