import { cpSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "..");
const notCopied = new Set(["node_modules", ".git", ".fabric", ".cache", "dist"]);

/**
 * Copies the project into a folder of its own, for what changes its files or builds in it. The packages are the project's.
 * @param prefix of the folder's name
 */
export function copyOfProject(prefix: string): string {
  const copy = mkdtempSync(join(tmpdir(), prefix));
  cpSync(project, copy, { recursive: true, filter: (path) => path === project || !notCopied.has(basename(path)) });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  return copy;
}
