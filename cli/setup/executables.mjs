import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const suffix = process.platform === "win32" ? ".exe" : "";

/** The folders of PATH, in order. */
export function pathFolders(path = process.env.PATH ?? "") {
  return path.split(delimiter).filter((folder) => folder !== "");
}

/** The path of an executable file in a folder, if it is there. */
export function executableIn(folder, name) {
  const path = join(folder, name + suffix);
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The path of the first executable with that name on PATH; undefined if there is none. */
export function executableOnPath(name) {
  for (const folder of pathFolders()) {
    const path = executableIn(folder, name);
    if (path) return path;
  }
  return undefined;
}

/** PATH with the given folders first. */
export function pathWith(...folders) {
  return [...folders, ...pathFolders().filter((folder) => !folders.includes(folder))].join(delimiter);
}

/** Whether "v3.259.0" >= "3.200.1". An unreadable version counts as the oldest. */
export function isAtLeast(version, minimum) {
  const numbers = (text) => (/(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [0, 0, 0, 0]).slice(1).map(Number);
  const [a, b] = [numbers(version), numbers(minimum)];
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] > b[i];
  return true;
}
