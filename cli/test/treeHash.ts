import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files that tests depend on. package-lock.json stands for node_modules. */
const parts = ["*.{ts,json,yaml,js}", "{lib,providers,emulator,cli,test,fabric,examples}/**/*"];

/** A hash of the project's files, the same on every machine for the same content: 12 hexadecimal digits. */
export function treeHash(root: string): string {
  const hash = createHash("sha256");
  const files = parts
    .flatMap((part) => globSync(part, { cwd: root, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"));
  for (const file of files.sort()) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}
