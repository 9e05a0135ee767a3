import { existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { messageOf } from "../../lib/api/messageOf.ts";
import { checkpointHash } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";
import { importCheckpoint } from "../rollback/stackState.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";

/** A value before and after. */
export interface Change<T> {
  readonly before: T;
  readonly after: T;
}

/** The changes that make objects part of a stack. Each without the other would be wrong. */
export interface TakeOver {
  readonly access: StackAccess;
  /** The stack's file. */
  readonly file: string;
  /** Text of the file; undefined if there was no file. */
  readonly text: Change<string | undefined>;
  readonly state: Change<Checkpoint>;
}

/** The configuration was written, but it is unknown whether the state was. */
export class HalfDoneError extends Error {
  override readonly name = "HalfDoneError";
}

/**
 * Writes configuration and state. The configuration comes first: with the state alone, the next up would delete the imported
 * objects; with the configuration alone, an up adopts at most connections, and refuses the workspaces.
 * @throws Error after both were restored
 * @throws HalfDoneError with the next step, if the state could not be restored either
 */
export async function takeOver({ access, file, text, state }: TakeOver): Promise<void> {
  writeWhole(file, text.after);
  try {
    await importCheckpoint(access, state.after);
  } catch (error) {
    await putBackState(access, state.before).catch((second: unknown) => {
      throw new HalfDoneError(
        `The state could not be written: ${messageOf(error)}\nNor could it be put back: ${messageOf(second)}\n` +
          `${file} keeps the new entries, so that nothing can be deleted. Run npm run preview -- --stack ${access.stack}: if it ` +
          `shows no change, the import is complete; if it would create the workspaces, remove the entries and import again.`,
      );
    });
    writeWhole(file, text.before);
    throw new Error(
      `Nothing was imported, and the configuration is as it was. The state could not be written: ${messageOf(error)}`,
    );
  }
}

async function putBackState(access: StackAccess, before: Checkpoint): Promise<void> {
  if (checkpointHash(await exportCheckpoint(access)) !== checkpointHash(before)) await importCheckpoint(access, before);
}

/** Replaces a whole file or nothing. */
function writeWhole(file: string, text: string | undefined): void {
  if (text === undefined) return rmSync(file, { force: true });
  const mode = existsSync(file) ? statSync(file).mode : 0o644;
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}
