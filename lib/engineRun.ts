import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * What the program of a plain `pulumi up` tells the provider process of the same run. Both know the engine's address, and
 * nobody else has it: that is how the provider sees that the note is meant for it, and not left by an earlier run.
 */
export interface EngineRun {
  /** `127.0.0.1:PORT`. */
  readonly engine: string;
  readonly transactionId: string;
  /** Whether the program has ended well: everything was declared, and made. Deletes may follow. */
  readonly isDeclared: boolean;
}

const fileOf = (stack: string) => join(".fabric", "runs", `${stack}.json`);

/** Leaves the note; synchronous, because a process that exits has to be able to. */
export function noteEngineRun(stack: string, run: EngineRun): void {
  const file = fileOf(stack);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(run), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The note of the run with this engine, if its program has left one. */
export function engineRunOf(stack: string, engine: string | undefined): EngineRun | undefined {
  if (engine === undefined) return undefined;
  try {
    const run = JSON.parse(readFileSync(fileOf(stack), "utf8")) as EngineRun;
    return run.engine === engine ? run : undefined;
  } catch {
    return undefined;
  }
}
