import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isAddress } from "../logStore/blobPlace.ts";
import { LOG_PLACE } from "../logStore/openLogStore.ts";

/**
 * What the program of a plain `pulumi up` tells the provider process of the same run. Both know the engine's address, and
 * nobody else has it: that is how the provider sees that the note is meant for it, and not left by an earlier run.
 *
 * The program of a `destroy` or `refresh` with `--run-program` leaves the same note, because nothing tells a program which
 * of them runs it. So the note says which transaction an update would write to, and the provider, which can tell, begins it.
 */
export interface EngineRun {
  /** `127.0.0.1:PORT`. */
  readonly engine: string;
  readonly transactionId: string;
  /** The transaction was begun by an earlier run, and is gone on with. */
  readonly isResumed: boolean;
  /** The program declares something of Fabric: an update asks the provider to check it, and nothing else does. */
  readonly declaresSome: boolean;
  /** Whether the program has ended well: everything was declared, and made. Deletes may follow. */
  readonly isDeclared: boolean;
}

/** Beside the log where the environment says where that lies: the checkout may not be written to. */
const folder = (env = process.env) => {
  const log = env[LOG_PLACE] ?? "";
  return log === "" || isAddress(log) ? join(".fabric", "runs") : join(log, "runs");
};
const fileOf = (stack: string) => join(folder(), `${stack}.json`);
const checkpointOf = (stack: string) => join(folder(), `${stack}.checkpoint.json`);

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Leaves the note; synchronous, because a process that exits has to be able to. */
export function noteEngineRun(stack: string, run: EngineRun): void {
  write(fileOf(stack), JSON.stringify(run));
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

/** Leaves the checkpoint from before the run, as exported: its secrets stay encrypted. */
export function leaveCheckpoint(stack: string, checkpoint: string): void {
  write(checkpointOf(stack), checkpoint);
}

/** Takes the checkpoint that {@link leaveCheckpoint} has left. @throws Error if there is none */
export function takeCheckpoint(stack: string): string {
  const content = readFileSync(checkpointOf(stack), "utf8");
  rmSync(checkpointOf(stack));
  return content;
}
