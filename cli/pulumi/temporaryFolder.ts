import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A new folder for temporary files, which only this user can read.
 * @param name beginning of its name, for people who find it: `fabric-run-`
 * @throws Error that names TMPDIR, if the folder for temporary files is missing or cannot be written to
 */
export function temporaryFolder(name: string): string {
  try {
    return mkdtempSync(join(tmpdir(), name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `Temporary files cannot be written to ${tmpdir()} (${code}), so nothing was done. Set TMPDIR to a folder that this user can ` +
        `write to.`,
      { cause: error },
    );
  }
}
