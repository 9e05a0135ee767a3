import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { definitionsFolder } from "./transactionLog.ts";

/** One file of an item's definition. */
export interface Part {
  readonly path: string;
  /** base64. */
  readonly payload: string;
  readonly payloadType: string;
}

/**
 * Definitions of items as they were before a transaction changed or deleted them, compressed, in a folder beside its log.
 * A rollback takes them from there: the files they once came from have changed by then.
 */
export class KeptDefinitions {
  /** Whether this process is part of a transaction that may be rolled back. */
  readonly isKeeping: boolean;
  readonly #folder: string | undefined;
  readonly #isRollback: boolean;

  constructor(logFolder: string, env: NodeJS.ProcessEnv, useRollback: boolean) {
    const rollbackOf = env["FABRIC_ROLLBACK_OF"];
    const transactionId = rollbackOf || env["FABRIC_TRANSACTION_ID"];
    this.#isRollback = Boolean(rollbackOf);
    this.isKeeping = useRollback && transactionId !== undefined && !this.#isRollback;
    this.#folder = transactionId ? definitionsFolder(logFolder, transactionId) : undefined;
  }

  /** Keeps a definition; the first of a transaction is the one that counts. */
  keep(key: string, parts: readonly Part[]): void {
    if (!this.#folder || this.has(key)) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(this.#file(key), gzipSync(JSON.stringify(parts)), { mode: 0o600 });
  }

  /** Whether a definition was kept. */
  has(key: string): boolean {
    return this.#folder !== undefined && existsSync(this.#file(key));
  }

  /** What was kept; only a rollback is given it. */
  kept(key: string): readonly Part[] | undefined {
    if (!this.#isRollback || !this.has(key)) return undefined;
    return JSON.parse(gunzipSync(readFileSync(this.#file(key))).toString()) as Part[];
  }

  #file(key: string): string {
    return join(this.#folder ?? "", `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json.gz`);
  }
}
