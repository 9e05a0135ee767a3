import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inProject } from "../project/projectFolder.ts";
import { isAddress } from "../logStore/blobPlace.ts";
import { LOG_PLACE } from "../logStore/openLogStore.ts";

/**
 * Note from the program of a plain `pulumi up` to the provider process of the same run. Only these two know the engine's
 * address. By the address, the provider recognises a note of its own run, and ignores one of an earlier run.
 *
 * The program of a `destroy` or `refresh` with `--run-program` leaves the same note, because a program cannot tell which
 * command runs it. So the note only names the transaction of an update. The provider can tell the commands apart, and begins
 * the transaction.
 */
export interface EngineRun {
  /** `127.0.0.1:PORT`. */
  readonly engine: string;
  readonly transactionId: string;
  /** Whether an earlier run began the transaction, and this one resumes it. */
  readonly isResumed: boolean;
  /** Whether the program declares objects of Fabric. Only an update asks the provider to check them. */
  readonly declaresSome: boolean;
  /** Whether the program succeeded: everything was declared, and made. Deletes may follow. */
  readonly isDeclared: boolean;
}

/** Folder of the notes: beside the log if the environment names its folder, because the checkout may be read-only. */
const folder = (env = process.env) => {
  const log = env[LOG_PLACE] ?? "";
  return log === "" || isAddress(log) ? inProject(".fabric/runs") : join(log, "runs");
};
const fileOf = (stack: string) => join(folder(), `${stack}.json`);
const checkpointOf = (stack: string) => join(folder(), `${stack}.checkpoint.json`);

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Writes the note; synchronous, so that a process can call it while it exits. */
export function noteEngineRun(stack: string, run: EngineRun): void {
  write(fileOf(stack), JSON.stringify(run));
}

/** The note of the run with this engine, if its program wrote one. */
export function engineRunOf(stack: string, engine: string | undefined): EngineRun | undefined {
  if (engine === undefined) return undefined;
  try {
    const run = JSON.parse(readFileSync(fileOf(stack), "utf8")) as EngineRun;
    return run.engine === engine ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Saves the checkpoint from before the run, as exported: its secrets stay encrypted. */
export function leaveCheckpoint(stack: string, checkpoint: string): void {
  write(checkpointOf(stack), checkpoint);
}

/** Takes the checkpoint that {@link leaveCheckpoint} saved. @throws Error if there is none */
export function takeCheckpoint(stack: string): string {
  const content = readFileSync(checkpointOf(stack), "utf8");
  rmSync(checkpointOf(stack));
  return content;
}
