import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** The absolute path without symbolic links, as far as it exists. */
export function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync.native(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPath(parent), basename(absolute));
  }
}

/**
 * The way from a folder to what is in it, with slashes; empty for the folder itself. Symbolic links are resolved.
 * @returns undefined if the path leads elsewhere
 */
export function pathInside(outer: string, inner: string): string | undefined {
  const way = relative(realPath(outer), realPath(inner));
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way.split(sep).join("/");
}
