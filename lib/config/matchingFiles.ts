import { lstatSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import type Picomatch from "picomatch";
import { insideProject } from "../project/insideProject.ts";

// loaded only for a glob, which most stacks have none of
const picomatch = () => createRequire(import.meta.url)("picomatch") as typeof Picomatch;

/** Folders that hold no file of a project's own, and may be large. Those whose names begin with a dot are left out anyway. */
const LEFT_OUT = new Set(["node_modules", "__pycache__"]);

/**
 * The files of a project that a path or a glob names, in the order of their paths.
 * @param pattern relative to the project's folder, with `/` between folders
 * @throws Error that says why there is none: it leads out of the project, or through a symbolic link, or nothing is there
 */
export function matchingFiles(projectRoot: string, pattern: string): readonly string[] {
  const path = insideProject(pattern);
  const there = statOf(join(projectRoot, path));
  if (there && !there.isDirectory()) {
    assertNoLink(projectRoot, posix.dirname(path));
    return [path];
  }
  if (there) throw new Error(`${path} is a folder: name its files, for example ${posix.join(path, "*.yaml")}`);
  const { base, isGlob } = picomatch().scan(path);
  if (!isGlob) {
    assertNoLink(projectRoot, posix.dirname(path));
    throw new Error(`${path} does not exist`);
  }
  assertNoLink(projectRoot, base);
  const found = matchesBelow(projectRoot, base, path);
  if (found.length === 0) throw new Error(`${path} matches no file`);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

function matchesBelow(projectRoot: string, base: string, glob: string): string[] {
  const isMatch = picomatch()(composed(glob), { nonegate: true });
  // without ** and groups, each folder of the glob is one folder
  const deepest = /\*\*|\(/.test(glob) ? Infinity : glob.split("/").length;
  return below(base);

  function below(folder: string): string[] {
    if (!statOf(join(projectRoot, folder))?.isDirectory()) return [];
    return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      const isDeeper = path.split("/").length < deepest && !entry.name.startsWith(".") && !LEFT_OUT.has(entry.name);
      if (entry.isDirectory()) return isDeeper ? below(path) : [];
      if (isMatch(composed(path))) return [path];
      // not followed, and what lies behind it must not be missing silently
      if (isDeeper && isLinkToFolder(join(projectRoot, path))) assertNoLink(projectRoot, path);
      return [];
    });
  }
}

/** @throws Error if one of the folders of a path is a symbolic link, which could lead anywhere */
function assertNoLink(projectRoot: string, folder: string): void {
  const names = folder.split("/").filter((name) => name !== "" && name !== ".");
  for (const [index] of names.entries()) {
    const path = names.slice(0, index + 1).join("/");
    if (statOf(join(projectRoot, path))?.isSymbolicLink())
      throw new Error(`${path} is a symbolic link. Put the folder itself there.`);
  }
}

const isLinkToFolder = (path: string) =>
  statOf(path)?.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory();

const statOf = (path: string) => lstatSync(path, { throwIfNoEntry: false });

/** One form of letters with accents: some systems store the letter and the accent apart in names of files. */
const composed = (name: string) => name.normalize("NFC");
